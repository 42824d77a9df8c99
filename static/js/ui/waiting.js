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
  const question = byId("waiting-question", HTMLElement);
  const relax = byId("relax", HTMLButtonElement);
  const chat = byId("chat-waiting", HTMLButtonElement);
  const second = createAlarm(clock, () => render(session.get()));

  relax.addEventListener("click", () => session.dispatch({ type: "relax" }));
  chat.addEventListener("click", () => session.dispatch({ type: "chat-instead" }));

  /** @param {State} state */
  function render(state) {
    panel.hidden = state.phase !== "waiting";
    second.cancel();
    if (panel.hidden) return;
    setText(text, sentence(state));
    const wish = state.restoring === "talking" ? null : state.wish;
    setText(question, wish?.question ?? "");
    question.hidden = !wish?.question;
    chat.hidden = wish?.role !== "discuss";
    const relaxesAt = state.search?.relaxesAt ?? null;
    relax.hidden = relaxesAt === null;
    const left = relaxesAt === null ? 0 : Math.ceil((relaxesAt - clock.now()) / 1000);
    countdown.hidden = left <= 0;
    if (relaxesAt === null || left <= 0) return;
    setText(countdown, `Taking anyone in ${left} s.`);
    second.after((relaxesAt - clock.now()) % 1000 || 1000);
  }

  return { render };
}

/** @param {State} state */
function sentence(state) {
  if (state.restoring === "talking") return "Getting back to your conversation…";
  const wish = state.search ?? state.wish;
  const anyone = state.search !== null && state.search.relaxesAt === null;
  return lookingFor(wish?.interests ?? [], wish?.languages ?? [], anyone, state.wish?.role);
}
