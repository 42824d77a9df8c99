/**
 * How much picture the way there bears: steps from the full picture down to sound alone, and off at the very last. Down
 * soon, up slowly, and the more slowly the more often it had to come down again.
 */

/** @import { Sample } from "./quality.js" */

/** @typedef {Readonly<{ height: number, fps: number, kbps: number }>} Rung */
/** @typedef {Readonly<{ rung: number, bad: number, good: number, need: number, climbed: boolean, spent: boolean }>} Ladder */

/** @type {readonly Rung[]} the last one is sound alone */
export const RUNGS = Object.freeze([
  Object.freeze({ height: 480, fps: 30, kbps: 600 }),
  Object.freeze({ height: 360, fps: 24, kbps: 350 }),
  Object.freeze({ height: 240, fps: 15, kbps: 160 }),
  Object.freeze({ height: 0, fps: 0, kbps: 32 }),
]);
const SOUND_ONLY = RUNGS.length - 1;
/** Samples in a row, one every two seconds. */
export const DOWN_AFTER = 3;
export const OFF_AFTER = 6;
export const UP_AFTER = 5;
const MOST_NEED = 40;

/** @returns {Ladder} */
export function firstLadder() {
  return Object.freeze({ rung: 0, bad: 0, good: 0, need: UP_AFTER, climbed: false, spent: false });
}

/**
 * @param {Ladder} ladder
 * @returns {Rung}
 */
export function rungOf({ rung }) {
  return /** @type {Rung} */ (RUNGS[rung]);
}

/**
 * Return the ladder after another sample. `spent`: not even sound gets through.
 *
 * @param {Ladder} ladder
 * @param {Sample} sample
 * @returns {Ladder}
 */
export function adapted(ladder, sample) {
  const verdict = judged(rungOf(ladder), sample);
  const bad = verdict === "bad" ? ladder.bad + 1 : 0;
  const good = verdict === "good" ? ladder.good + 1 : 0;
  const last = ladder.rung === SOUND_ONLY;
  if (bad >= (last ? OFF_AFTER : DOWN_AFTER)) {
    if (last) return Object.freeze({ ...ladder, spent: true });
    const need = ladder.climbed ? Math.min(MOST_NEED, ladder.need * 2) : ladder.need;
    return Object.freeze({ ...ladder, rung: ladder.rung + 1, bad: 0, good: 0, need, climbed: false });
  }
  if (good >= ladder.need && ladder.rung > 0) {
    return Object.freeze({ ...ladder, rung: ladder.rung - 1, bad: 0, good: 0, climbed: true });
  }
  return Object.freeze({ ...ladder, bad, good });
}

/**
 * @param {Rung} rung
 * @param {Sample} sample
 * @returns {"bad" | "good" | "neither"}
 */
function judged(rung, { sentLoss, rtt, available }) {
  const loss = sentLoss ?? 0;
  // Without a picture too little is sent to learn from what the browser holds for possible.
  const narrow = rung.height > 0 && available !== null ? available / rung.kbps : 1;
  if (rung.height === 0 ? loss >= 0.3 : loss >= 0.1 || narrow < 0.5) return "bad";
  return loss < 0.03 && narrow >= 0.8 && (rtt ?? 0) < 800 ? "good" : "neither";
}
