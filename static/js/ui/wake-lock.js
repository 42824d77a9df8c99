/** Keeps the screen awake while there is a picture to look at. */

/**
 * @param {object} parts
 * @param {() => Promise<WakeLockSentinel>} parts.request
 */
export function createWakeLock({ request }) {
  let wanted = false;
  /** @type {WakeLockSentinel | null} */
  let lock = null;

  /**
   * To be called whenever something has changed: the browser takes the lock back from a page that is not seen.
   *
   * @param {boolean} on
   */
  async function hold(on) {
    if (on === wanted) return;
    wanted = on;
    if (!on) {
      lock?.release();
      lock = null;
      return;
    }
    const got = await request().catch(() => null);
    // Not wanted any more, or wanted anew, by the time that the browser answered.
    if (wanted && lock === null) lock = got;
    else got?.release();
  }

  return { hold };
}
