/** What a text is before it goes on the wire: the server counts code points after stripping, so the page does too. */

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
 * “football”, “football and jazz”, “football, jazz and tea”.
 *
 * @param {readonly string[]} words
 */
export function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
