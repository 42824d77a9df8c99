/** Question mode: what one can be in it, and the rules of a question: one line, not too short and not too long. */

/** @typedef {"chat" | "ask" | "discuss"} Role */

import { ngettext } from "./gettext.js";
import { cleaned, codePoints, roomLeft } from "./text.js";

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
  if (length === 0)
    return {
      fits: false,
      over: false,
      words: ngettext("%(least)s to %(count)s character", "%(least)s to %(count)s characters", most, {
        least: QUESTION_LEAST,
      }),
    };
  if (length < QUESTION_LEAST) {
    // Translators: characters.
    const words = ngettext("%(count)s more to go", "%(count)s more to go", QUESTION_LEAST - length);
    return { fits: false, over: false, words };
  }
  return { fits: length <= most, over: length > most, words: roomLeft(most - length) };
}
