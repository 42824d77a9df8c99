/** While a stranger is looked for: who is looked for, and how long until anyone is taken. */

import { createAlarm } from "../core/clock.js";
import { gettext } from "../core/gettext.js";
import { lookingFor, relaxesIn, waitingHelp } from "../core/phrases.js";
import { byId, setText } from "./element.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/** Most have somebody by then. */
const HELP_MS = 5_000;

/**
 * @param {Session} session
 * @param {Clock} clock
 */
export function createWaiting(session, clock) {
  const panel = byId("waiting", HTMLElement);
  const text = byId("waiting-text", HTMLElement);
  const countdown = byId("waiting-relax", HTMLElement);
  const help = byId("waiting-help", HTMLElement);
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
    showHelp(state);
    const relaxesAt = state.search?.relaxesAt ?? null;
    relax.hidden = relaxesAt === null;
    const left = relaxesAt === null ? 0 : Math.ceil((relaxesAt - clock.now()) / 1000);
    countdown.hidden = left <= 0;
    if (left > 0) setText(countdown, relaxesIn(left));
    const helps = state.waitingSince + HELP_MS - clock.now();
    if (relaxesAt !== null && left > 0) second.after((relaxesAt - clock.now()) % 1000 || 1000);
    else if (helps > 0) second.after(helps);
  }

  /** @param {State} state */
  function showHelp({ search, wish, waits, waitingSince, restoring }) {
    const long = clock.now() - waitingSince >= HELP_MS;
    help.hidden = !long || search === null || restoring !== null || wish?.role !== "chat";
    if (help.hidden || search === null || !wish) return;
    setText(help, waitingHelp(search.relaxesAt !== null, waits?.[wish.mode] ?? null));
  }

  return { render };
}

/** @param {State} state */
function sentence(state) {
  if (state.restoring === "talking") return gettext("Getting back to your conversation…");
  const wish = state.search ?? state.wish;
  const anyone = state.search !== null && state.search.relaxesAt === null;
  return lookingFor(wish?.interests ?? [], wish?.languages ?? [], anyone, state.wish?.role);
}
