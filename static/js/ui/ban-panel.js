/** What is left of the page after a ban: what it is told with it, and where that is written down. */

import { byId, ownUrl, setText } from "./element.js";

/**
 * @import { State } from "../session/state.js"
 */

export function createBanPanel() {
  const panel = byId("ban", HTMLElement);
  const statement = byId("ban-statement", HTMLElement);
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
    const url = ownUrl(ban.url);
    link.hidden = url === "";
    if (url) link.href = url;
    panel.focus();
  }

  return { render };
}
