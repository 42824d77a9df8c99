/**
 * How long to wait before the next attempt: exponential with full jitter, so that a thousand pages
 * that lost the same server do not come back in the same instant.
 */

export const FIRST_MS = 300;
export const CAP_MS = 10_000;
const FLOOR_MS = 50;

/**
 * Return the milliseconds before attempt number `attempt` (0 is the first one after a loss).
 *
 * @param {number} attempt
 * @param {() => number} random from 0 to 1
 * @returns {number}
 */
export function backoffDelay(attempt, random) {
  const ceiling = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.max(FLOOR_MS, Math.round(random() * ceiling));
}
