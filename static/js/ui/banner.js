/** Says what the connection does while it does not simply work, and offers the one thing that helps. */

import { createAlarm } from "../core/clock.js";
import { gettext } from "../core/gettext.js";
import { byId, setText } from "./element.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/** A blip that is over before anyone could read about it is not worth a banner. */
const QUIET_MS = 400;

/** @typedef {{ text: string, action: string, run: () => void, calm?: boolean }} Said */

/**
 * @param {object} parts
 * @param {Session} parts.session
 * @param {Clock} parts.clock
 * @param {() => void} parts.reload
 */
export function createBanner({ session, clock, reload }) {
  const banner = byId("banner", HTMLElement);
  const text = byId("banner-text", HTMLElement);
  const action = byId("banner-action", HTMLButtonElement);
  const again = createAlarm(clock, () => render(session.get()));
  /** @type {number | null} */
  let since = null;
  let run = () => {};

  action.addEventListener("click", () => run());

  /** @param {State} state */
  function render(state) {
    again.cancel();
    const said = sentence(state);
    if (said === null) {
      since = null;
      banner.hidden = true;
      return;
    }
    const now = clock.now();
    since ??= now;
    if (said.calm && banner.hidden && now - since < QUIET_MS) {
      again.after(QUIET_MS - (now - since));
      return;
    }
    banner.hidden = false;
    setText(text, said.text);
    setText(action, said.action);
    action.hidden = said.action === "";
    run = said.run;
    if (state.retryAt !== null && state.retryAt > now) again.after((state.retryAt - now) % 1000 || 1000);
  }

  /**
   * @param {State} state
   * @returns {Said | null}
   */
  function sentence(state) {
    const none = { action: "", run: () => {} };
    if (state.halt === "elsewhere") {
      const useHere = () => session.dispatch({ type: "use-here" });
      return {
        text: gettext("This chat was opened in another tab."),
        action: gettext("Use here"),
        run: useHere,
      };
    }
    if (state.halt === "expired") {
      const words = gettext("Your visit has expired. Reload the page to enter again.");
      return { text: words, action: gettext("Reload"), run: reload };
    }
    if (state.halt === "banned") return { text: gettext("You can't use this chat at the moment."), ...none };
    if (state.phase !== "waiting" && state.phase !== "talking") return null;
    // The socket may take a while to notice what the browser knows already.
    if (state.offline)
      return { text: gettext("You are offline. The chat goes on when you are back."), ...none };
    if (state.connection === "open") return state.trouble ? { text: state.trouble, ...none } : null;
    if (state.connection === "connecting") return { text: gettext("Connecting…"), calm: true, ...none };
    if (state.connection !== "reconnecting") return null;
    const seconds = state.retryAt === null ? 0 : Math.ceil((state.retryAt - clock.now()) / 1000);
    if (state.reason === "flooding") {
      const left = { seconds: Math.max(1, seconds) };
      return { text: gettext("That was too much at once. Going on in %(seconds)s s.", left), ...none };
    }
    if (seconds < 2 || state.attempt < 3)
      return { text: gettext("Connection lost. Reconnecting…"), calm: true, ...none };
    const tryNow = () => session.dispatch({ type: "try-now" });
    return {
      text: gettext("Can't reach the server. Attempt %(attempt)s in %(seconds)s s.", {
        attempt: state.attempt + 1,
        seconds,
      }),
      action: gettext("Try now"),
      run: tryNow,
    };
  }

  return { render };
}
