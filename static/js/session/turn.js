/**
 * One turn of the session: the state being made and the effects so far. Handlers change the turn; `step` freezes it.
 * What several handlers share lives here.
 */

import { nextTokenAt, taken } from "../core/bucket.js";
import { gettext } from "../core/gettext.js";
import { withChanges } from "./entries.js";
import { withEnded, withGoneOut, withLost } from "./room.js";

/**
 * @import { ClientFrame, Wish } from "../net/frames.js"
 * @import { Effect, Room, State, StateShape } from "./state.js"
 */

/** @typedef {{ state: StateShape, effects: Effect[], now: number }} Turn */

export const TYPING_AGAIN_MS = 3_000;
export const TYPING_IDLE_MS = 5_000;
export const TYPING_SHOWN_MS = 6_000;
export const REALLY_MS = 4_000;
/** Impatient presses of Esc must not stop the search that they have just begun. */
export const ESCAPE_DEAF_MS = 700;
const NOT_BLOCKED = gettext("The conversation ended before the block reached the server.");
/** After a longer absence nobody may be in front of the page any more. */
export const SEARCH_AGAIN_MS = 60_000;
export const FIND_STALL_MS = 8_000;

/**
 * @param {State} state
 * @param {number} now
 * @returns {Turn}
 */
export function turnFrom(state, now) {
  return { state: { ...state }, effects: [], now };
}

/**
 * @param {Turn} turn
 * @param {ClientFrame} frame
 */
export function send(turn, frame) {
  turn.effects.push({ do: "send", frame });
}

/**
 * @param {Turn} turn
 * @param {string} text
 * @param {"info" | "warning"} [level]
 * @param {string} [url]
 */
export function notify(turn, text, level = "info", url = "") {
  const { state } = turn;
  state.counter += 1;
  const others = state.notices.filter((notice) => notice.text !== text);
  const notice = Object.freeze({ id: `notice-${state.counter}`, level, text, url });
  state.notices = Object.freeze([...others, notice].slice(-3));
}

/**
 * Take back what was asked once more before it is done.
 *
 * @param {Turn} turn
 */
export function takeBack({ state }) {
  state.asked = "";
  state.reallyUntil = null;
}

/**
 * Begin to look for a stranger; `find` goes out now or when there is a connection.
 *
 * @param {Turn} turn
 * @param {Wish} wish
 */
export function search(turn, wish) {
  const { state } = turn;
  if (state.ban) return;
  state.phase = "waiting";
  state.wish = Object.freeze(wish);
  state.search = null;
  state.restoring = null;
  state.placed = false;
  state.askedAt = null;
  state.waitingSince = turn.now;
  takeBack(turn);
  state.nextAt = null;
  state.automatic = false;
  state.fieldProblem = null;
  state.notices = Object.freeze([]);
  state.halt = null;
  state.lostAt = null;
  if (state.connection === "open") ask(turn);
  else if (state.connection === "closed") turn.effects.push({ do: "connect" });
}

/** @param {Turn} turn */
export function ask(turn) {
  const { state } = turn;
  if (!state.wish) return;
  state.counter += 1;
  state.findRef = `find-${state.counter}`;
  state.askedAt = turn.now;
  send(turn, { type: "find", ...state.wish, ref: state.findRef });
}

/**
 * The way back from a search that came to nothing: to the last conversation if it is still there, else to the start.
 *
 * @param {Turn} turn
 */
export function giveUpSearch(turn) {
  const { state } = turn;
  state.phase = state.room ? "ended" : "idle";
  state.search = null;
  state.askedAt = null;
  state.placed = false;
  state.restoring = null;
  takeBack(turn);
  if (state.phase === "idle") hangUp(turn);
}

/**
 * @param {Turn} turn
 * @param {string} reason
 * @param {number | null} [by]
 */
export function endRoom(turn, reason, by = null) {
  const { state } = turn;
  if (!state.room) return;
  const { blocking } = state.room;
  state.room = withEnded(state.room, blocking && reason === "you_left" ? "blocked" : reason, by, turn.now);
  if (blocking && reason !== "you_left") notify(turn, NOT_BLOCKED, "warning");
  state.phase = "ended";
  state.placed = false;
  state.restoring = null;
  takeBack(turn);
  if (state.connection !== "open" && !state.owing) hangUp(turn);
}

/**
 * Leave the room. Without a connection the server is told by the next `hello`, which asks for nothing back.
 *
 * @param {Turn} turn
 */
export function leaveRoom(turn) {
  const { state } = turn;
  if (!state.room) return;
  if (state.connection === "open") send(turn, { type: "leave", room: state.room.id });
  else {
    state.owing = state.connection !== "closed";
    if (state.room.blocking) {
      state.room = withChanges(state.room, { blocking: false });
      notify(turn, NOT_BLOCKED, "warning");
    }
  }
  endRoom(turn, "you_left");
}

/**
 * Not while a report is on its way: its answer hangs up.
 *
 * @param {Turn} turn
 */
export function hangUp(turn) {
  const { state } = turn;
  if (state.filing?.step === "sending") return;
  if (state.connection === "open") send(turn, { type: "bye" });
  if (state.connection !== "closed") turn.effects.push({ do: "disconnect" });
  state.owing = false;
}

/** @param {Turn} turn */
export function goHome(turn) {
  const { state } = turn;
  state.phase = "idle";
  state.room = null;
  state.search = null;
  state.askedAt = null;
  state.placed = false;
  state.restoring = null;
  takeBack(turn);
  state.halt = null;
  hangUp(turn);
}

/**
 * Send what waits in the outbox, as fast as the server allows.
 *
 * @param {Turn} turn
 */
export function flush(turn) {
  const { state } = turn;
  let room = state.room;
  if (!room?.live || state.connection !== "open") return;
  for (const item of room.outbox) {
    if (item.sentAt !== null) continue;
    const bucket = taken(state.bucket, turn.now);
    if (bucket === null) break;
    state.bucket = bucket;
    room = withGoneOut(room, item.id, turn.now);
    send(turn, { type: "message", room: room.id, id: item.id, text: item.text, ref: item.id });
  }
  state.room = room;
}

/**
 * @param {Room} room
 * @param {State} state
 * @returns {number | null} when the next message of the outbox may go out
 */
export function nextFlushAt(room, state) {
  if (!room.live || !room.outbox.some((item) => item.sentAt === null)) return null;
  return nextTokenAt(state.bucket);
}

/**
 * @param {Turn} turn
 * @param {boolean} on
 */
export function tellTyping(turn, on) {
  const { state } = turn;
  if (!state.room?.live || state.room.role === "ask") return;
  send(turn, { type: "typing", room: state.room.id, on });
  const typingToldAt = on ? turn.now : state.room.typingToldAt;
  state.room = withChanges(state.room, { typing: on, typingToldAt });
}

/**
 * The connection is doubtful or something was missed: take a new one, the server replays the rest.
 *
 * @param {Turn} turn
 */
export function refresh(turn) {
  const { state } = turn;
  if (state.room) state.room = withLost(state.room);
  state.askedAt = null;
  turn.effects.push({ do: "refresh" });
}
