/**
 * The page as a whole: which section is shown, what `<body>` says about it, the title, the notices, who is online; and
 * that the focus is somewhere.
 */

import { gettext } from "../core/gettext.js";
import { onlineNow } from "../core/phrases.js";
import { titleWithCount } from "../core/title.js";
import { byId, made, ownUrl, setText } from "./element.js";

/**
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/** @param {Session} session */
export function createPage(session) {
  const start = byId("start", HTMLElement);
  const talk = byId("talk", HTMLElement);
  const online = byId("online", HTMLElement);
  const onlineText = byId("online-text", HTMLElement);
  const notices = byId("notices", HTMLElement);
  const title = document.title;

  /**
   * @param {State} state
   * @param {State} previous
   */
  function render(state, previous) {
    const { dataset } = document.body;
    dataset.state = state.ban ? "banned" : state.phase;
    dataset.connection = state.connection;
    talk.dataset.role = (state.phase === "waiting" ? null : state.room?.role) ?? state.wish?.role ?? "chat";
    start.hidden = state.phase !== "idle" || state.ban !== null;
    talk.hidden = state.phase === "idle";
    document.title = titleWithCount(title, state.unread);
    if (state.online !== null) {
      online.hidden = false;
      setText(onlineText, onlineNow(state.online));
    }
    if (state.notices !== previous.notices) showNotices(state);
  }

  /** @param {State} state */
  function showNotices(state) {
    const wanted = new Set(state.notices.map((notice) => notice.id));
    for (const card of [...notices.children]) if (!wanted.has(card.id)) card.remove();
    for (const notice of state.notices) {
      if (document.getElementById(notice.id)) continue;
      const text = made("p", {}, [notice.text]);
      if (notice.url) text.append(" ", moreLink(notice.url));
      const close = made("button", { type: "button", class: "button button-quiet button-small" }, [
        gettext("Dismiss"),
      ]);
      close.addEventListener("click", () => session.dispatch({ type: "dismiss", id: notice.id }));
      notices.append(made("div", { id: notice.id, class: `notice notice-${notice.level}` }, [text, close]));
    }
  }

  return { render };
}

/** Rendered last: a button that was pressed may be gone then, the focus must not be. */
export function createFocus() {
  const talk = byId("talk", HTMLElement);
  return {
    render() {
      const { activeElement } = document;
      const lost = !activeElement?.checkVisibility() || activeElement === document.body;
      if (lost && !talk.hidden) talk.focus({ preventScroll: true });
    },
  };
}

/**
 * A link to a page of this site that says more.
 *
 * @param {string} url
 */
function moreLink(url) {
  const href = ownUrl(url);
  return href === "" ? "" : made("a", { href, target: "_blank", rel: "noopener" }, [gettext("Read more")]);
}
