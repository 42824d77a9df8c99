/** A clock that stands still until it is told to go on; timers ring in order. */

export function createFakeClock(start = 1_000_000) {
  let now = start;
  let next = 1;
  /** @type {Map<number, { at: number, run: () => void }>} */
  const timers = new Map();

  return {
    now: () => now,
    setTimeout(run, ms) {
      timers.set(next, { at: now + ms, run });
      return next++;
    },
    clearTimeout(id) {
      timers.delete(id);
    },
    /** Let `ms` pass. */
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
        if (!due) break;
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].run();
      }
      now = end;
    },
    /** The machine sleeps: time goes on, no timer rings. */
    sleep(ms) {
      now += ms;
    },
    get waiting() {
      return timers.size;
    },
  };
}
