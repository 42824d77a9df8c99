/** What the visitor wants, and what happens around the page. */

import { cleaned } from "../core/text.js";
import { onQuestionTick } from "./asking.js";
import { onNextTick } from "./auto-next.js";
import { withChanges } from "./entries.js";
import { onAgainTick } from "./meet-again.js";
import { onReportLost, onReportTick } from "./report.js";
import { withLost, withRetried, withSaid, withStalls } from "./room.js";
import { withTypingExpired } from "./seats.js";
import {
  ESCAPE_DEAF_MS,
  FIND_STALL_MS,
  flush,
  giveUpSearch,
  goHome,
  hangUp,
  leaveRoom,
  REALLY_MS,
  refresh,
  search,
  send,
  TYPING_AGAIN_MS,
  TYPING_IDLE_MS,
  takeBack,
  tellTyping,
} from "./turn.js";

/**
 * @import { Report } from "../net/connection.js"
 * @import { Place } from "./state.js"
 * @import { Turn } from "./turn.js"
 */

/**
 * Stop → Really? → New, and the same by Esc.
 *
 * @param {Turn} turn
 * @param {boolean} byEscape
 */
export function onStop(turn, byEscape) {
  const { state } = turn;
  if (state.phase === "ended") {
    if (state.wish) search(turn, state.wish);
    else goHome(turn);
  } else if (state.phase === "waiting") {
    if (!byEscape || turn.now - state.waitingSince >= ESCAPE_DEAF_MS) onCancel(turn);
  } else if (state.phase === "talking") {
    if (isSure(turn, "stop")) leaveRoom(turn);
  }
}

/** @param {Turn} turn */
function onCancel(turn) {
  const { state } = turn;
  if (state.connection === "open" && state.room) send(turn, { type: "leave" });
  giveUpSearch(turn);
  if (state.phase === "ended" && state.connection !== "open") state.owing = state.connection !== "closed";
}

/** @param {Turn} turn */
export function onRelax(turn) {
  const { state } = turn;
  if (state.phase !== "waiting" || !state.wish) return;
  if (state.placed && state.connection === "open") send(turn, { type: "relax", ref: "relax" });
}

/**
 * Give up the discussion, wherever it stands, for an ordinary chat.
 *
 * @param {Turn} turn
 */
export function onChatInstead(turn) {
  const { state } = turn;
  if (state.phase === "idle" || (state.room?.role ?? state.wish?.role) === "chat") return;
  if (state.phase === "talking") {
    if (!isSure(turn, "chat")) return;
    leaveRoom(turn);
  } else if (state.phase === "waiting" && state.connection === "open") send(turn, { type: "leave" });
  const { interests, languages } = state.wish ?? { interests: [], languages: [] };
  search(turn, { mode: "text", role: "chat", interests, languages });
}

/**
 * Return whether this was asked for a second time, soon after the first. One question at a time.
 *
 * @param {Turn} turn
 * @param {"stop" | "block" | "chat"} what
 */
function isSure(turn, what) {
  const { state } = turn;
  const sure = state.asked === what;
  takeBack(turn);
  if (!sure) {
    state.asked = what;
    state.reallyUntil = turn.now + REALLY_MS;
  }
  return sure;
}

/**
 * @param {Turn} turn
 * @param {string} id
 * @param {string} text
 */
export function onSay(turn, id, text) {
  const { state } = turn;
  const words = cleaned(text);
  if (state.phase !== "talking" || !state.room || state.room.role === "ask" || words === "") return;
  if (state.room.typing) tellTyping(turn, false);
  state.room = withSaid(state.room, id, words, turn.now);
  flush(turn);
}

/**
 * @param {Turn} turn
 * @param {string} id
 */
export function onRetry(turn, id) {
  const { state } = turn;
  if (state.phase !== "talking" || !state.room) return;
  state.room = withRetried(state.room, id);
  flush(turn);
}

/**
 * @param {Turn} turn
 * @param {boolean} empty
 */
export function onTyped(turn, empty) {
  const { state } = turn;
  if (state.phase !== "talking" || !state.room || state.room.role === "ask") return;
  state.room = withChanges(state.room, { typedAt: turn.now });
  const toldAt = state.room.typingToldAt;
  if (empty) {
    if (state.room.typing) tellTyping(turn, false);
  } else if (toldAt === null || turn.now - toldAt >= TYPING_AGAIN_MS) tellTyping(turn, true);
}

/** @param {Turn} turn */
export function onBlock(turn) {
  const { state } = turn;
  if (state.phase !== "talking" || !state.room || state.room.blocking) return;
  if (!isSure(turn, "block")) return;
  state.room = withChanges(state.room, { blocking: true, cut: true });
  if (state.room.live) send(turn, { type: "block", room: state.room.id, ref: "block" });
}

/**
 * @param {Turn} turn
 * @param {Place} place
 */
export function onRestore(turn, place) {
  const { state } = turn;
  if (state.phase !== "idle") return;
  state.phase = "waiting";
  state.restoring = place.phase;
  state.resume = place.resume;
  state.epoch = place.epoch;
  state.wish = place.wish;
  state.placed = true;
  state.waitingSince = turn.now;
  turn.effects.push({ do: "connect" });
}

/**
 * @param {Turn} turn
 * @param {Report} report
 */
export function onConnection(turn, report) {
  const { state } = turn;
  if (state.connection === "open" && report.phase !== "open") state.lostAt = turn.now;
  state.connection = report.phase;
  state.attempt = report.attempt;
  state.retryAt = report.retryAt;
  state.reason = report.reason;
  if (report.phase === "open") {
    state.halt = null;
    return;
  }
  if (state.room) state.room = withLost(state.room);
  state.askedAt = null;
  const toStay = report.halt !== null && (report.halt !== "elsewhere" || state.phase !== "talking");
  onReportLost(turn, toStay);
  if (report.halt) onHalt(turn, report.halt);
  else if (
    report.phase === "reconnecting" &&
    (state.phase === "idle" || state.phase === "ended") &&
    !state.owing
  ) {
    // Nothing to come back for: the next search connects by itself.
    hangUp(turn);
  }
}

/**
 * @param {Turn} turn
 * @param {NonNullable<Report["halt"]>} halt
 */
function onHalt(turn, halt) {
  const { state } = turn;
  state.halt = halt;
  if (halt === "elsewhere") {
    if (state.phase === "idle" || state.phase === "ended") state.halt = null;
    return;
  }
  if (state.ban) return;
  if (halt === "banned" || !state.room) turn.effects.push({ do: "reload" });
}

/** @param {Turn} turn */
export function onUseHere(turn) {
  const { state } = turn;
  if (state.halt !== "elsewhere") return;
  state.halt = null;
  turn.effects.push({ do: "connect" });
}

/**
 * @param {Turn} turn
 * @param {boolean} online
 */
export function onNetwork(turn, online) {
  const { state } = turn;
  const was = state.offline;
  state.offline = !online;
  if (online && was && state.connection !== "closed") refresh(turn);
}

/**
 * @param {Turn} turn
 * @param {boolean} visible
 */
export function onVisibility(turn, visible) {
  const { state } = turn;
  state.visible = visible;
  if (!visible) return;
  state.unread = 0;
  if (state.retryAt !== null && state.reason === "") refresh(turn);
}

/** @param {Turn} turn */
export function onTick(turn) {
  const { state, now } = turn;
  if (state.reallyUntil !== null && now >= state.reallyUntil) takeBack(turn);
  onReportTick(turn);
  onNextTick(turn);
  onAgainTick(turn);
  if (state.askedAt !== null && now - state.askedAt >= FIND_STALL_MS) return refresh(turn);
  if (!state.room?.live) return;
  const room = withTypingExpired(state.room, now);
  state.room = room;
  if (room.typing && now - room.typedAt >= TYPING_IDLE_MS) tellTyping(turn, false);
  if (state.room) {
    const { room: checked, stalled } = withStalls(state.room, now);
    state.room = checked;
    if (stalled) return refresh(turn);
  }
  flush(turn);
  onQuestionTick(turn);
}

/** @param {Turn} turn */
export function onHome(turn) {
  if (turn.state.phase === "talking") leaveRoom(turn);
  goHome(turn);
}
