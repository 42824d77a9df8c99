/** Which interests are offered while somebody types: what many like at the moment before what is only listed. */

import { INTERESTS } from "./interests.js";

/** @typedef {Readonly<{ name: string, popular: boolean }>} Suggestion */

/**
 * Return what fits what was typed, by the beginning of any word; at most `most`, none that is chosen already.
 *
 * @param {string} typed
 * @param {readonly string[]} chosen
 * @param {readonly string[]} popular
 * @param {number} most
 * @returns {readonly Suggestion[]}
 */
export function suggestedInterests(typed, chosen, popular, most) {
  const start = typed.trim().toLocaleLowerCase();
  const had = new Set(chosen.map((chip) => chip.toLocaleLowerCase()));
  const fits = (/** @type {string} */ name) =>
    !had.has(name) && name !== start && (name.startsWith(start) || name.includes(` ${start}`));
  const names = [...new Set([...popular, ...INTERESTS])].filter(fits);
  return Object.freeze(
    names.slice(0, most).map((name) => Object.freeze({ name, popular: popular.includes(name) })),
  );
}

/**
 * Return what is usable of an answer about popular interests: none when it is something else.
 *
 * @param {unknown} value
 * @returns {readonly string[]}
 */
export function popularFrom(value) {
  const { popular } = /** @type {Record<string, unknown>} */ (value ?? {});
  return Object.freeze(Array.isArray(popular) ? popular.filter((name) => typeof name === "string") : []);
}
