/** While a stranger is looked for: who is looked for, and how long until anyone is taken. */

import { createAlarm } from "../core/clock.js";
import { lookingFor } from "../core/phrases.js";
import { byId, setText } from "./element.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/**
 * @param {Session} session
 * @param {Clock} clock
 */
export function createWaiting(session, clock) {
  const panel = byId("waiting", HTMLElement);
  const text = byId("waiting-text", HTMLElement);
  const countdown = byId("waiting-relax", HTMLElement);
  const relax = byId("relax", HTMLButtonElement);
  const second = createAlarm(clock, () => render(session.get()));

  relax.addEventListener("click", () => session.dispatch({ type: "relax" }));

  /** @param {State} state */
  function render(state) {
    panel.hidden = state.phase !== "waiting";
    second.cancel();
    if (panel.hidden) return;
    setText(text, sentence(state));
    const picky = state.search !== null && state.search.interests.length + state.search.languages.length > 0;
    relax.hidden = !picky;
    const left = state.search?.relaxesAt ? Math.ceil((state.search.relaxesAt - clock.now()) / 1000) : 0;
    countdown.hidden = !picky || left <= 0;
    if (countdown.hidden) return;
    setText(countdown, `The search widens in ${left} s.`);
    second.after(((state.search?.relaxesAt ?? 0) - clock.now()) % 1000 || 1000);
  }

  return { render };
}

/** @param {State} state */
function sentence(state) {
  if (state.restoring === "talking") return "Getting back to your conversation…";
  const wish = state.search ?? state.wish;
  return lookingFor(wish?.interests ?? [], wish?.languages ?? []);
}
