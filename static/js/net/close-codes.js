/**
 * What a close code asks of the page. The table is the protocol's; a code that is not in it is an accident of
 * the network (1006 and its kin), and the page comes back.
 */

/** @typedef {"again" | "later" | "expired" | "banned" | "elsewhere"} CloseMeaning */

/** After “flooding” the page keeps quiet this long. */
export const LATER_MS = 15_000;

/** @type {ReadonlyMap<number, CloseMeaning>} */
const MEANINGS = new Map([
  [4401, "expired"],
  [4403, "banned"],
  [4409, "elsewhere"],
  [4429, "later"],
]);

/**
 * @param {number} code
 * @returns {CloseMeaning}
 */
export function closeMeaning(code) {
  return MEANINGS.get(code) ?? "again";
}
