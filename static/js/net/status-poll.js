/** Asks politely how it stands: only while somebody looks and nobody talks. */

import { createAlarm } from "../core/clock.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { Mode } from "./frames.js"
 */

/**
 * How long who asks and who discusses waits at the moment, in seconds, where that is known, and who is missing.
 *
 * @typedef {Readonly<{ ask: number | null, discuss: number | null, short: "ask" | "discuss" | null }>} Queues
 */
/** @typedef {Readonly<Record<Mode, number | null>>} Waits how long those who chat had to wait lately, in seconds */
/** @typedef {Readonly<{ online: number, queues: Queues | null, waits: Waits }>} Status */

export const EVERY_MS = 10_000;

/**
 * @param {object} parts
 * @param {() => Promise<unknown>} parts.fetchStatus the parsed `/status.json`
 * @param {Clock} parts.clock
 * @param {number} [parts.everyMs]
 * @param {() => boolean} parts.wanted
 * @param {(status: Status) => void} parts.onStatus
 */
export function createStatusPoll({ fetchStatus, clock, everyMs = EVERY_MS, wanted, onStatus }) {
  let asking = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  const alarm = createAlarm(clock, ask);

  async function ask() {
    if (asking || !wanted()) return;
    asking = true;
    askedAt = clock.now();
    try {
      const status = statusFrom(await fetchStatus());
      if (status) onStatus(status);
    } catch {
      // What is known stays as it is; it is asked again.
    }
    asking = false;
    check();
  }

  /** To be called whenever `wanted` may have changed. */
  function check() {
    if (!wanted()) alarm.cancel();
    else if (!alarm.isSet && !asking) alarm.after(askedAt + everyMs - clock.now());
  }

  return { check };
}

/**
 * Return what is usable of an answer, or null.
 *
 * @param {unknown} value
 * @returns {Status | null}
 */
export function statusFrom(value) {
  if (typeof value !== "object" || value === null) return null;
  const { online, spy, waits } = /** @type {Record<string, unknown>} */ (value);
  if (typeof online !== "number") return null;
  return Object.freeze({ online, queues: queuesFrom(spy), waits: waitsFrom(waits) });
}

/**
 * @param {unknown} value
 * @returns {Waits}
 */
function waitsFrom(value) {
  const { text, video } = /** @type {Record<string, unknown>} */ (value ?? {});
  return Object.freeze({
    text: typeof text === "number" ? text : null,
    video: typeof video === "number" ? video : null,
  });
}

/**
 * @param {unknown} value
 * @returns {Queues | null}
 */
function queuesFrom(value) {
  if (typeof value !== "object" || value === null) return null;
  const { ask_seconds, discuss_seconds, short } = /** @type {Record<string, unknown>} */ (value);
  return Object.freeze({
    ask: typeof ask_seconds === "number" ? ask_seconds : null,
    discuss: typeof discuss_seconds === "number" ? discuss_seconds : null,
    short: short === "ask" || short === "discuss" ? short : null,
  });
}
