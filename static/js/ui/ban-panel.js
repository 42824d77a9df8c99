/** What is left of the page after a ban: what, why, until when, and where it is written down. */

import { gettext } from "../core/gettext.js";
import { dayAndTime } from "../core/time.js";
import { byId, ownUrl, setText } from "./element.js";

/**
 * @import { State } from "../session/state.js"
 */

export function createBanPanel() {
  const panel = byId("ban", HTMLElement);
  const statement = byId("ban-statement", HTMLElement);
  const until = byId("ban-until", HTMLElement);
  const link = byId("ban-link", HTMLAnchorElement);

  /**
   * @param {State} state
   * @param {State} previous
   */
  function render({ ban }, previous) {
    if (ban === previous.ban) return;
    panel.hidden = ban === null;
    if (!ban) return;
    setText(statement, ban.statement);
    setText(
      until,
      ban.until === null
        ? gettext("It has no end.")
        : gettext("It ends on %(date)s.", { date: dayAndTime(ban.until) }),
    );
    const url = ownUrl(ban.url);
    link.hidden = url === "";
    if (url) link.href = url;
    panel.focus();
  }

  return { render };
}
