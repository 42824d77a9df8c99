/**
 * The session as a pure machine: `step(state, event, now)` gives the next state and what has to be done for it.
 * idle → waiting → talking → ended → waiting …; the state of the connection goes alongside.
 */

import { onAsk } from "./asking.js";
import { planNext } from "./auto-next.js";
import { onMeetAgain, planAgain } from "./meet-again.js";
import { onCallSays } from "./on-call.js";
import { onFrame } from "./on-frame.js";
import {
  onBlock,
  onChatInstead,
  onConnection,
  onHome,
  onNetwork,
  onRelax,
  onRestore,
  onRetry,
  onSay,
  onStop,
  onTick,
  onTyped,
  onUseHere,
  onVisibility,
} from "./on-intent.js";
import { onReport, onReportAbout, onReportClose, onReportOpen } from "./report.js";
import { refresh, search, takeBack, turnFrom } from "./turn.js";

/**
 * @import { Effect, SessionEvent, State } from "./state.js"
 * @import { Turn } from "./turn.js"
 */

/**
 * @param {State} state
 * @param {SessionEvent} event
 * @param {number} now
 * @returns {{ state: State, effects: readonly Effect[] }}
 */
export function step(state, event, now) {
  const turn = turnFrom(state, now);
  take(turn, event);
  planNext(turn, state);
  planAgain(turn, state);
  return { state: Object.freeze(turn.state), effects: Object.freeze(turn.effects) };
}

/**
 * @param {Turn} turn
 * @param {SessionEvent} event
 */
function take(turn, event) {
  const { state } = turn;
  switch (event.type) {
    case "frame":
      return onFrame(turn, event.frame);
    case "connection":
      return onConnection(turn, event.report);
    case "tick":
      return onTick(turn);
    case "network":
      return onNetwork(turn, event.online);
    case "visibility":
      return onVisibility(turn, event.visible);
    case "woke":
      if (state.connection === "open") refresh(turn);
      return;
    case "status":
      state.online = event.status.online;
      state.queues = event.status.queues;
      state.waits = event.status.waits;
      return;
    case "restore":
      return onRestore(turn, event.place);
    case "find":
      if (state.phase === "idle" || state.phase === "ended") search(turn, event.wish);
      return;
    case "again":
      if (state.phase === "ended" && state.wish) search(turn, state.wish);
      return;
    case "meet-again":
      return onMeetAgain(turn);
    case "chat-instead":
      return onChatInstead(turn);
    case "auto-next":
      state.autoNext = event.on;
      return;
    case "stay":
      state.nextAt = null;
      return;
    case "call":
      return onCallSays(turn, event.frame);
    case "relax":
      return onRelax(turn);
    case "stop":
      return onStop(turn, false);
    case "escape":
      return onStop(turn, true);
    case "elsewhere-clicked":
      return takeBack(turn);
    case "home":
      return onHome(turn);
    case "say":
      return onSay(turn, event.id, event.text);
    case "ask":
      return onAsk(turn, event.ref, event.text);
    case "retry":
      return onRetry(turn, event.id);
    case "typed":
      return onTyped(turn, event.empty);
    case "block":
      return onBlock(turn);
    case "report-open":
      return onReportOpen(turn);
    case "report-close":
      return onReportClose(turn);
    case "report-about":
      return onReportAbout(turn, event.about);
    case "report":
      return onReport(turn, event.reason, event.note);
    case "acknowledge":
      state.warnings = Object.freeze(state.warnings.slice(1));
      return;
    case "dismiss":
      state.notices = Object.freeze(state.notices.filter((notice) => notice.id !== event.id));
      return;
    case "use-here":
      return onUseHere(turn);
    case "try-now":
      if (state.retryAt !== null) refresh(turn);
      return;
  }
}
