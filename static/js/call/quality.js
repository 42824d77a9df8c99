/** From what the browser counts to what a person can use: how good the connection is. */

/** @typedef {"" | "good" | "fair" | "poor"} Grade */

/**
 * @typedef {object} SampleShape
 * @property {number} bytes received so far, on the pair of addresses in use
 * @property {number} got packets received so far
 * @property {number} lost packets that did not arrive so far
 * @property {number | null} sentLoss the part of what I send that did not arrive, 0 to 1
 * @property {number | null} receivedLoss the same of what I receive, since the sample before
 * @property {number | null} rtt milliseconds
 * @property {number | null} available what the browser holds for possible, in kbit/s
 * @property {number | null} fps of the stranger's picture
 * @property {string} way the kind of my own address in use: `relay`, `host` … or nothing yet
 */
/** @typedef {Readonly<SampleShape>} Sample */

/** @typedef {Readonly<Record<string, unknown>>} Entry */

/**
 * @param {Iterable<Entry>} report
 * @param {Sample | null} previous
 * @returns {Sample}
 */
export function sampleFrom(report, previous) {
  const entries = [...report];
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const ofType = (/** @type {string} */ type) => entries.filter((entry) => entry.type === type);
  const pair = selectedPair(ofType("transport"), ofType("candidate-pair"), byId);
  const inbound = ofType("inbound-rtp");
  const got = sum(inbound, "packetsReceived");
  const lost = sum(inbound, "packetsLost");
  const more = got - (previous?.got ?? 0);
  const gone = Math.max(0, lost - (previous?.lost ?? 0));
  const rtt = number(pair?.currentRoundTripTime);
  const available = number(pair?.availableOutgoingBitrate);
  const video = inbound.find((entry) => entry.kind === "video");
  const losses = ofType("remote-inbound-rtp").map((entry) => number(entry.fractionLost) ?? 0);
  return Object.freeze({
    bytes: number(pair?.bytesReceived) ?? 0,
    got,
    lost,
    sentLoss: losses.length > 0 ? Math.max(...losses) : null,
    receivedLoss: more + gone > 0 ? gone / (more + gone) : null,
    rtt: rtt === null ? null : rtt * 1000,
    available: available === null ? null : available / 1000,
    fps: number(video?.framesPerSecond),
    way: String(byId.get(pair?.localCandidateId)?.candidateType ?? ""),
  });
}

/**
 * @param {Sample} sample
 * @param {boolean} picture whether the stranger's picture is to be seen
 * @returns {Grade}
 */
export function graded({ sentLoss, receivedLoss, rtt, fps }, picture) {
  const loss = Math.max(sentLoss ?? 0, receivedLoss ?? 0);
  const frames = picture ? (fps ?? 0) : 30;
  if (loss >= 0.1 || (rtt ?? 0) >= 800 || frames < 5) return "poor";
  return loss >= 0.03 || (rtt ?? 0) >= 300 || frames < 12 ? "fair" : "good";
}

/**
 * @param {readonly Entry[]} transports
 * @param {readonly Entry[]} pairs
 * @param {ReadonlyMap<unknown, Entry>} byId
 */
function selectedPair(transports, pairs, byId) {
  const named = transports.map((entry) => byId.get(entry.selectedCandidatePairId)).find(Boolean);
  // Some browsers name it at the pair instead.
  return named ?? pairs.find((pair) => pair.selected === true);
}

/**
 * @param {readonly Entry[]} entries
 * @param {string} field
 */
function sum(entries, field) {
  return entries.reduce((total, entry) => total + (number(entry[field]) ?? 0), 0);
}

/**
 * @param {unknown} value
 * @returns {number | null}
 */
function number(value) {
  return typeof value === "number" ? value : null;
}
