/** The video room between the wire and the call: which frames are for it, and what it may send. */

import { send } from "./turn.js";

/**
 * @import { CallFrame } from "../call/call.js"
 * @import { CallEvent } from "../call/state.js"
 * @import { ErrorFrame, Ice, Media, Signal } from "../net/frames.js"
 * @import { Room } from "./state.js"
 * @import { Turn } from "./turn.js"
 */

/** What a frame of the call is called in its answer. */
const REFS = /** @type {const} */ (["signal", "media", "ice"]);

/**
 * @param {Turn} turn
 * @param {Signal | Media | Ice} frame
 */
export function onCallFrame(turn, frame) {
  const { room } = turn.state;
  if (!inVideo(turn, room)) return;
  if (frame.type === "ice") {
    const policy = frame.ice_policy === "all" ? "all" : "relay";
    tellCall(turn, { type: "ice", servers: Object.freeze(frame.ice_servers), policy });
  } else if (frame.seat === room.you.seat) return;
  else if (frame.type === "signal") tellCall(turn, { type: "signal", data: frame.data });
  else {
    const { camera, microphone, shown, direct } = frame;
    const media = { camera, microphone, shown, ...(direct === undefined ? {} : { direct }) };
    tellCall(turn, { type: "media", media: Object.freeze(media) });
  }
}

/**
 * Return whether the error is about a frame of the call, which then hears of it.
 *
 * @param {Turn} turn
 * @param {ErrorFrame} frame
 */
export function onCallRefused(turn, { ref, code }) {
  const what = REFS.find((known) => known === ref);
  if (what) tellCall(turn, { type: "refused", what, code });
  return what !== undefined;
}

/**
 * Send it, or drop it: the call says it again when the connection is back.
 *
 * @param {Turn} turn
 * @param {CallFrame} frame
 */
export function onCallSays(turn, frame) {
  const { room } = turn.state;
  if (inVideo(turn, room)) send(turn, { ...frame, room: room.id, ref: frame.type });
}

/**
 * @param {Turn} turn
 * @param {Room | null} room
 * @returns {room is Room}
 */
function inVideo({ state }, room) {
  return state.phase === "talking" && state.connection === "open" && room?.mode === "video" && room.live;
}

/**
 * @param {Turn} turn
 * @param {CallEvent} event
 */
export function tellCall(turn, event) {
  turn.effects.push({ do: "call", event });
}
