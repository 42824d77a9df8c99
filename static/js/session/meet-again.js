/**
 * Going on with the same stranger after an end that neither may have wanted: for a minute both may say so, and once both
 * have, the server seats them again. Whether the stranger has is never told.
 */

import { send } from "./turn.js";

/**
 * @import { Again } from "../net/frames.js"
 * @import { State } from "./state.js"
 * @import { Turn } from "./turn.js"
 */

/** As long as the server takes it. */
export const AGAIN_MS = 60_000;
const ORDINARY = new Set(["left", "lost", "idle", "you_left"]);

/**
 * @param {Turn} turn
 * @param {State} before
 */
export function planAgain({ state, now }, before) {
  const { room } = state;
  if (state.phase !== "ended" || state.connection !== "open" || !room) state.again = null;
  else if (before.phase === "talking" && room.role === "chat" && ORDINARY.has(room.ended))
    state.again = Object.freeze({ until: now + AGAIN_MS, asked: false });
}

/** @param {Turn} turn */
export function onMeetAgain(turn) {
  const { state } = turn;
  if (!mayMeetAgain(state) || !state.again || state.again.asked || !state.room) return;
  state.again = Object.freeze({ ...state.again, asked: true });
  state.nextAt = null;
  send(turn, { type: "again", room: state.room.id, ref: "again" });
}

/**
 * @param {Turn} turn
 * @param {Again} frame
 */
export function onAgain({ state, now }, { room, seconds }) {
  if (state.again && room === state.room?.id)
    state.again = Object.freeze({ until: now + seconds * 1000, asked: true });
}

/** @param {Turn} turn */
export function onAgainTick({ state, now }) {
  if (state.again && now >= state.again.until) state.again = null;
}

/**
 * Return whether to offer it: not to who reported, as they never meet again.
 *
 * @param {State} state
 */
export function mayMeetAgain({ again, room, filing }) {
  return again !== null && !(filing !== null && filing.room === room?.id && filing.step !== "asking");
}
