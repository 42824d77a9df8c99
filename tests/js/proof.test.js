/** The proof of work in the browser: the digest against Node's, the search against the format of the server. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { createSearch, payloadOf, readChallenge } from "../../static/js/proof/search.js";
import { blockOf, hashBlock, hexOf } from "../../static/js/proof/sha256.js";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();

/** As the server makes it: the key of a counter that is known, its first half given away. */
function challengeFor(counter, { cost = 3, most = 50, shown = 16 } = {}) {
  const [nonce, salt] = [randomBytes(16), randomBytes(16)];
  const number = Buffer.alloc(4);
  number.writeUInt32BE(counter);
  let key = sha256(Buffer.concat([salt, nonce, number]));
  for (let n = 1; n < cost; n += 1) key = sha256(key);
  const parameters = {
    algorithm: "SHA-256",
    cost,
    keyLength: 32,
    keyPrefix: key.toString("hex", 0, shown),
    nonce: nonce.toString("hex"),
    salt: salt.toString("hex"),
    expiresAt: 1_800_000_000,
    data: { most },
  };
  return { challenge: { parameters, signature: "ab" }, key: key.toString("hex") };
}

test("the digest is SHA-256, for every length of one block", () => {
  for (let length = 0; length <= 55; length += 1) {
    const text = randomBytes(length);
    const out = new Int32Array(8);
    hashBlock(blockOf(text), out);
    assert.equal(hexOf(out), sha256(text).toString("hex"));
  }
});

describe("the search", () => {
  test("finds the counter, whatever is shown of the key", () => {
    for (const shown of [3, 4, 5, 16, 32]) {
      const { challenge, key } = challengeFor(37, { shown });
      assert.deepEqual(createSearch(challenge).go(50), { counter: 37, derivedKey: key });
    }
  });

  test("goes on where it was, and says how far it is", () => {
    const { challenge } = challengeFor(37);
    const search = createSearch(challenge);
    assert.equal(search.go(20), null);
    assert.equal(search.progress, 0.4);
    assert.equal(search.go(20)?.counter, 37);
  });

  test("ends where nothing was found", () => {
    const search = createSearch(challengeFor(60).challenge);
    assert.equal(search.go(1_000), null);
    assert.equal(search.progress, 1);
  });

  test("gives the challenge back as it came, with its solution", () => {
    const { challenge, key } = challengeFor(1);
    const read = readChallenge(JSON.stringify(challenge));
    const payload = JSON.parse(atob(payloadOf(read, { counter: 1, derivedKey: key })));
    assert.deepEqual(payload, { challenge, solution: { counter: 1, derivedKey: key } });
  });

  test("refuses what it cannot solve", () => {
    const { challenge } = challengeFor(1);
    const changed = (more) => JSON.stringify({ parameters: { ...challenge.parameters, ...more } });
    assert.ok(readChallenge(changed({})));
    for (const more of [
      { algorithm: "ARGON2ID" },
      { cost: 0 },
      { data: null },
      { data: { most: "9" } },
      { keyPrefix: "xyz" },
      { nonce: "" },
      { salt: "ab".repeat(60) },
    ]) {
      assert.throws(() => readChallenge(changed(more)), JSON.stringify(more));
    }
    assert.throws(() => readChallenge("undefined"));
  });
});
