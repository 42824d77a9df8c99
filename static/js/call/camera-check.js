/**
 * Small pictures of the own camera, for the check of this site: only while strangers can see it, a few a minute, at times
 * that nobody can foresee. What was drawn when the picture was covered meanwhile is not sent.
 */

import { createAlarm } from "../core/clock.js";
import { sending } from "./state.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { Meeting } from "./call.js"
 * @import { Call, Kind } from "./state.js"
 */

/** How soon after the picture is shown the first one is drawn, at most. */
export const FIRST_MS = 4_000;
/** By how much of the interval a picture may come sooner or later. */
const JITTER = 0.25;

/**
 * @param {object} parts
 * @param {Clock} parts.clock
 * @param {() => number} parts.random
 * @param {() => Call} parts.call
 * @param {(kind: Kind) => MediaStreamTrack | null} parts.track
 * @param {(track: MediaStreamTrack) => Promise<Blob | null>} parts.draw
 * @param {(room: string, picture: Blob) => Promise<unknown>} parts.post
 */
export function createCameraCheck({ clock, random, call, track, draw, post }) {
  const alarm = createAlarm(clock, look);
  /** @type {Meeting | null} */
  let meeting = null;

  /** Return the room whose stranger sees the camera, where that is checked. */
  function watched() {
    const state = call();
    return meeting?.checkEvery && state.room === meeting.room && sending(state).camera ? meeting.room : null;
  }

  async function look() {
    const room = watched();
    const camera = track("camera");
    if (room === null || meeting?.checkEvery == null) return;
    alarm.after(meeting.checkEvery * 1000 * (1 + JITTER * (2 * random() - 1)));
    try {
      const picture = camera && (await draw(camera));
      if (picture && watched() === room) await post(room, picture);
    } catch {
      // The next one may get through.
    }
  }

  return {
    /** Look whether there is something to check; called when the call or the session has changed. */
    follow(/** @type {Meeting | null} */ wanted = meeting) {
      meeting = wanted;
      if (watched() === null) alarm.cancel();
      else if (!alarm.isSet) alarm.after(FIRST_MS * random());
    },
  };
}
