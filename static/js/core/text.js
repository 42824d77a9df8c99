/** What a text is before it goes on the wire: the server counts code points after stripping, so the page does too. */

import { isolated, language, ngettext } from "./gettext.js";

/** Others than the British have a comma before “and”. */
const LISTS = /^en\b/u.test(language) ? "en-GB" : language;
const FORMATS = Object.freeze({
  conjunction: new Intl.ListFormat(LISTS, { type: "conjunction" }),
  disjunction: new Intl.ListFormat(LISTS, { type: "disjunction" }),
  unit: new Intl.ListFormat(LISTS, { type: "unit" }),
});

/**
 * Return the text without white space at its ends and without lone surrogates (the server refuses those).
 *
 * @param {string} text
 */
export function cleaned(text) {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD").trim();
}

/**
 * @param {string} text
 * @returns {number} code points, not UTF-16 units: an emoji is one or a few, never “two halves”
 */
export function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * “football”, “football and jazz”, “football, jazz and tea”; “football, jazz or tea”; “football, jazz, tea”: as the
 * page's language lists things.
 *
 * @param {readonly string[]} words
 * @param {"conjunction" | "disjunction" | "unit"} [type]
 */
export function listed(words, type = "conjunction") {
  return FORMATS[type].format(words.map(isolated));
}

/**
 * How many characters there is still room for, or how many there are too many of.
 *
 * @param {number} left
 */
export function roomLeft(left) {
  // Translators: characters.
  if (left >= 0) return ngettext("%(count)s left", "%(count)s left", left);
  // Translators: characters.
  return ngettext("%(count)s too many", "%(count)s too many", -left);
}
