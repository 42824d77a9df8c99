/**
 * Notices that the machine slept or the tab was frozen: timers stood still for longer than browsers slow them
 * down. A socket from before may be dead without knowing it.
 */

import { createAlarm } from "../core/clock.js";

/** @import { Clock } from "../core/clock.js" */

const BEAT_MS = 20_000;
/** Hidden tabs get one timer a minute; more than that is sleep. */
export const SLEPT_MS = 90_000;

/**
 * @param {object} parts
 * @param {Clock} parts.clock
 * @param {() => void} parts.onWake
 */
export function createSleepWatch({ clock, onWake }) {
  let last = clock.now();
  const alarm = createAlarm(clock, beat);

  function beat() {
    const now = clock.now();
    const slept = now - last >= SLEPT_MS;
    last = now;
    alarm.after(BEAT_MS);
    if (slept) onWake();
  }

  alarm.after(BEAT_MS);
  /** Look now, for instance when the tab becomes visible. */
  return { check: beat };
}
