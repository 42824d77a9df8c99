/** A few short tones, made in the browser: nothing is loaded for them. */

/** @import { News } from "../core/phrases.js" */

/** Each tone: hertz, and after how many seconds it begins. */
const TONES = Object.freeze({
  met: [
    [523, 0],
    [784, 0.12],
  ],
  message: [[659, 0]],
  ended: [
    [523, 0],
    [392, 0.12],
  ],
});
const LOUDNESS = 0.08;
const SECONDS = 0.18;

/** @param {() => AudioContext} makeContext called when there is something to play first */
export function createSound(makeContext) {
  /** @type {AudioContext | null} */
  let context = null;

  return {
    /** @param {News} news */
    play(news) {
      context ??= makeContext();
      const { currentTime, destination } = context;
      // Before anything on the page was pressed the browser plays nothing.
      context.resume().catch(() => {});
      for (const [hertz, delay] of TONES[news]) tone(context, hertz, currentTime + delay, destination);
    },
  };
}

/**
 * @param {AudioContext} context
 * @param {number} hertz
 * @param {number} at
 * @param {AudioNode} destination
 */
function tone(context, hertz, at, destination) {
  const oscillator = new OscillatorNode(context, { frequency: hertz, type: "sine" });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + SECONDS);
  oscillator.connect(gain).connect(destination);
  oscillator.start(at);
  oscillator.stop(at + SECONDS);
}
