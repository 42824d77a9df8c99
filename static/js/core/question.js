/** Question mode: what one can be in it, and the rules of a question: one line, not too short and not too long. */

/** @typedef {"chat" | "ask" | "discuss"} Role */

import { cleaned, codePoints } from "./text.js";

/** The most comes with `welcome`. */
export const QUESTION_LEAST = 10;

/**
 * Return the question as it goes on the wire.
 *
 * @param {string} text
 */
export function asQuestion(text) {
  return cleaned(text).replace(/\s+/gu, " ");
}

/**
 * Return whether it may be asked, and what to say about its length while it is written.
 *
 * @param {string} text
 * @param {number} most
 * @returns {{ fits: boolean, over: boolean, words: string }}
 */
export function questionLength(text, most) {
  const length = codePoints(asQuestion(text));
  if (length === 0) return { fits: false, over: false, words: `${QUESTION_LEAST} to ${most} characters` };
  if (length < QUESTION_LEAST)
    return { fits: false, over: false, words: `${QUESTION_LEAST - length} more to go` };
  if (length > most) return { fits: false, over: true, words: `${length - most} too many` };
  return { fits: true, over: false, words: `${most - length} left` };
}
