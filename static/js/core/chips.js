/** The rules of a list of chips (interests, languages): what may be added, and why something was not. */

/** @typedef {Readonly<{ chips: readonly string[], problem: "" | "full" | "long" | "duplicate" }>} ChipsResult */

import { cleaned, codePoints } from "./text.js";

const SEPARATORS = /[,，、،;؛\n\r\t]+/u;

/**
 * Return whether the text holds something that ends a chip.
 *
 * @param {string} text
 */
export function hasSeparator(text) {
  return SEPARATORS.test(text);
}

/**
 * Add every part of `text` (parted by commas or line ends) and say what the last refused one was refused for.
 * An empty part is no problem and no chip.
 *
 * @param {readonly string[]} chips
 * @param {string} text
 * @param {{ most: number, chars: number }} limits
 * @returns {ChipsResult}
 */
export function withAdded(chips, text, limits) {
  /** @type {string[]} */
  const result = [...chips];
  /** @type {ChipsResult["problem"]} */
  let problem = "";
  for (const part of text.split(SEPARATORS)) {
    const chip = cleaned(part).replace(/\s+/gu, " ").replace(/^#+/u, "");
    if (chip === "") continue;
    if (codePoints(chip) > limits.chars) problem = "long";
    else if (result.some((other) => sameChip(other, chip))) problem = "duplicate";
    else if (result.length >= limits.most) problem = "full";
    else result.push(chip);
  }
  return Object.freeze({ chips: Object.freeze(result), problem });
}

/**
 * @param {readonly string[]} chips
 * @param {number} index
 * @returns {readonly string[]}
 */
export function withoutAt(chips, index) {
  return Object.freeze(chips.filter((_, at) => at !== index));
}

/**
 * Return only what is a list of usable chips: what the browser remembered may be anything.
 *
 * @param {unknown} value
 * @param {{ most: number, chars: number }} limits
 * @returns {readonly string[]}
 */
export function chipsFrom(value, limits) {
  if (!Array.isArray(value)) return Object.freeze([]);
  /** @type {readonly string[]} */
  let chips = [];
  for (const item of value) {
    if (typeof item === "string") chips = withAdded(chips, item, limits).chips;
  }
  return chips;
}

/**
 * @param {string} one
 * @param {string} other
 */
function sameChip(one, other) {
  return one.toLocaleLowerCase() === other.toLocaleLowerCase();
}
