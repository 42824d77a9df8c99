/**
 * After a video talk the next one begins by itself, when the visitor wants that: only while somebody is in front of the
 * page, and no faster than the server allows.
 */

import { search } from "./turn.js";

/**
 * @import { ErrorFrame } from "../net/frames.js"
 * @import { State } from "./state.js"
 * @import { Turn } from "./turn.js"
 */

/** Enough to see who left, and to stay. */
export const NEXT_MS = 3_000;
export const NEXT_AGAIN_MS = 10_000;
/** Ends after which one goes on; the others are something to read first. */
const ORDINARY = new Set(["left", "lost", "idle", "you_left"]);

/**
 * @param {Turn} turn
 * @param {State} before
 */
export function planNext({ state, now }, before) {
  if (state.phase !== "ended" || !state.visible || !state.autoNext || state.filing?.open) state.nextAt = null;
  else if (before.phase === "talking" && state.room?.mode === "video" && ORDINARY.has(state.room.ended)) {
    const reported = state.filing !== null && state.filing.room === state.room.id;
    state.nextAt = reported ? null : now + NEXT_MS;
  }
}

/** @param {Turn} turn */
export function onNextTick(turn) {
  const { state } = turn;
  if (state.nextAt === null || turn.now < state.nextAt || !state.wish) return;
  search(turn, state.wish);
  state.automatic = true;
}

/**
 * Return whether it was an automatic search that was too fast: it is made again later.
 *
 * @param {Turn} turn
 * @param {ErrorFrame} frame
 */
export function isTooEarly({ state }, { code }) {
  return code === "too_fast" && state.automatic && state.autoNext && state.room !== null;
}
