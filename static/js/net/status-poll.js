/** Asks politely how many are online: only while somebody looks and no conversation is open. */

import { createAlarm } from "../core/clock.js";

/** @import { Clock } from "../core/clock.js" */

export const EVERY_MS = 10_000;

/**
 * @param {object} parts
 * @param {() => Promise<unknown>} parts.fetchStatus the parsed `/status.json`
 * @param {Clock} parts.clock
 * @param {() => boolean} parts.wanted
 * @param {(online: number) => void} parts.onOnline
 */
export function createStatusPoll({ fetchStatus, clock, wanted, onOnline }) {
  let asking = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  const alarm = createAlarm(clock, ask);

  async function ask() {
    if (asking || !wanted()) return;
    asking = true;
    askedAt = clock.now();
    try {
      const status = /** @type {{ online?: unknown } | null} */ (await fetchStatus());
      if (typeof status?.online === "number") onOnline(status.online);
    } catch {
      // The number stays as it is; it is asked again.
    }
    asking = false;
    check();
  }

  /** To be called whenever `wanted` may have changed. */
  function check() {
    if (!wanted()) alarm.cancel();
    else if (!alarm.isSet && !asking) alarm.after(askedAt + EVERY_MS - clock.now());
  }

  return { check };
}
