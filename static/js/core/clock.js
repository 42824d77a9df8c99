/**
 * The clock that everything timed is handed, so that tests can bring their own.
 * No module asks the system for the time by itself.
 */

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds since 1970
 * @property {(run: () => void, ms: number) => unknown} setTimeout
 * @property {(id: unknown) => void} clearTimeout
 */

/** @type {Clock} */
export const systemClock = Object.freeze({
  now: () => Date.now(),
  setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
  clearTimeout: (id) => globalThis.clearTimeout(/** @type {number} */ (id)),
});

/**
 * One alarm that can be set again: the earlier setting is forgotten.
 *
 * @param {Clock} clock
 * @param {() => void} ring
 */
export function createAlarm(clock, ring) {
  /** @type {unknown} */
  let id = null;
  const cancel = () => {
    if (id !== null) clock.clearTimeout(id);
    id = null;
  };
  return {
    cancel,
    /** @param {number} ms */
    after(ms) {
      cancel();
      id = clock.setTimeout(
        () => {
          id = null;
          ring();
        },
        Math.max(0, ms),
      );
    },
    get isSet() {
      return id !== null;
    },
  };
}
