/** Searches beside the page, so that the page stays awake. It is told a challenge, and tells how far it is. */

import { createSearch, payloadOf, readChallenge } from "./search.js";

/** About a tenth of a second on a phone. */
const ATTEMPTS = 400;

addEventListener("message", ({ data }) => {
  const challenge = readChallenge(data);
  const search = createSearch(challenge);
  while (search.progress < 1) {
    const solution = search.go(ATTEMPTS);
    if (solution) return postMessage({ payload: payloadOf(challenge, solution) });
    postMessage({ progress: search.progress });
  }
  throw new Error("There is no solution.");
});
