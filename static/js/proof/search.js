/**
 * The search for the solution of a proof of work, as the server's `altcha` makes it (version 2, algorithm `SHA-256`,
 * with a counter that is known to exist). Pure: whoever has the time calls `go` again and again.
 */

import { blockOf, hashBlock, hexOf } from "./sha256.js";

/**
 * @typedef {object} Parameters
 * @property {string} algorithm
 * @property {number} cost how many times each attempt is hashed
 * @property {number} keyLength
 * @property {string} keyPrefix what the right one begins with, in hex
 * @property {string} nonce
 * @property {string} salt
 * @property {{ most: number }} data `most`: the counter is below it
 */
/** @typedef {{ parameters: Parameters, signature: string }} Challenge */
/** @typedef {{ counter: number, derivedKey: string }} Solution */

/**
 * Read a challenge. Throws when it is none, or one that this page cannot solve.
 *
 * @param {string} text
 * @returns {Challenge}
 */
export function readChallenge(text) {
  const challenge = JSON.parse(text);
  const { algorithm, cost, keyLength, keyPrefix, nonce, salt, data } = challenge.parameters;
  const hex = [keyPrefix, nonce, salt].every((part) => /^(?:[0-9a-f]{2})+$/u.test(part));
  const counts = [cost, data.most].every((count) => Number.isInteger(count) && count > 0);
  // Salt, nonce and counter have to fit into one block.
  const fits = nonce.length + salt.length <= 2 * 51;
  if (algorithm !== "SHA-256" || keyLength !== 32 || !hex || !counts || !fits) {
    throw new Error("This challenge is of an unknown kind.");
  }
  return challenge;
}

/** @param {Challenge} challenge */
export function createSearch({ parameters: { cost, keyPrefix, nonce, salt, data } }) {
  const head = bytesOf(salt + nonce);
  const text = new Uint8Array(head.length + 4);
  text.set(head);
  const tail = new DataView(text.buffer, head.length);
  const again = blockOf(new Uint8Array(32));
  const wanted = Number.parseInt(keyPrefix.slice(0, 8).padEnd(8, "0"), 16) | 0;
  const relevant = keyPrefix.length >= 8 ? -1 : -1 << (32 - 4 * keyPrefix.length);
  let counter = 0;

  /** @returns {Solution | null} */
  function attempt() {
    tail.setUint32(0, counter);
    hashBlock(blockOf(text), again);
    for (let n = 1; n < cost; n += 1) hashBlock(again, again);
    const found = ((again[0] ?? 0) & relevant) === wanted && hexOf(again).startsWith(keyPrefix);
    return found ? { counter, derivedKey: hexOf(again) } : null;
  }

  return {
    /**
     * Try the next few.
     *
     * @param {number} attempts
     * @returns {Solution | null}
     */
    go(attempts) {
      for (const end = Math.min(counter + attempts, data.most); counter < end; counter += 1) {
        const solution = attempt();
        if (solution) return solution;
      }
      return null;
    },
    /** From 0 to 1; at 1 everything was tried. */
    get progress() {
      return counter / data.most;
    },
  };
}

/**
 * Give what goes into the form.
 *
 * @param {Challenge} challenge
 * @param {Solution} solution
 */
export function payloadOf(challenge, solution) {
  return btoa(JSON.stringify({ challenge, solution }));
}

/** @param {string} hex */
function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../gu) ?? [], (pair) => Number.parseInt(pair, 16));
}
