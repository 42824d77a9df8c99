/**
 * Perfect negotiation as a decision (W3C WebRTC, section 10.7): both may offer at any time, and who is polite gives way.
 * On top of it: a page that was loaded again comes with another certificate, and an old connection cannot go on with it.
 */

/**
 * `accept`: take it; `ignore`: the other side gives way, or it answers nothing; `renew`: take it on a new connection;
 * `anew`: it answers for a page that is not there any more, offer on a new connection.
 *
 * @typedef {"accept" | "ignore" | "renew" | "anew"} Verdict
 */

/**
 * @typedef {object} Standing
 * @property {boolean} polite
 * @property {RTCSignalingState} signaling
 * @property {string} known the stranger's fingerprint so far, or nothing
 */

/**
 * @param {Readonly<{ type: string, sdp: string }>} description
 * @param {Readonly<Standing>} standing
 * @returns {Verdict}
 */
export function judged({ type, sdp }, { polite, signaling, known }) {
  if (signaling === "closed") return "ignore";
  const other = known !== "" && fingerprintOf(sdp) !== known;
  if (type === "answer") {
    if (signaling !== "have-local-offer") return "ignore";
    return other ? "anew" : "accept";
  }
  if (type !== "offer") return "ignore";
  const collides = signaling !== "stable";
  if (collides && !polite) return "ignore";
  // The own first offer made transceivers of its own: rolling it back would leave them behind.
  return other || (collides && known === "") ? "renew" : "accept";
}

/**
 * Return the fingerprint of the certificate, in small letters, or an empty string.
 *
 * @param {string} sdp
 */
export function fingerprintOf(sdp) {
  return (/^a=fingerprint:\S+ (\S+)/mu.exec(sdp)?.[1] ?? "").toLowerCase();
}
