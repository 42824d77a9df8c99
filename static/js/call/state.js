/**
 * What the call knows: frozen values only. `step` makes the next state from this one and an event; nobody else does.
 * The real tracks and connections are the adapters' matter.
 */

import { firstLadder, rungOf } from "./adaptation.js";

/**
 * @import { IcePolicy, IceServer, SignalData } from "../net/frames.js"
 * @import { Ladder } from "./adaptation.js"
 * @import { Problem } from "./devices.js"
 * @import { Grade, Sample } from "./quality.js"
 */

/** @typedef {"idle" | "acquiring" | "negotiating" | "connected" | "recovering" | "ended"} CallPhase */

/**
 * `over`: with the conversation; `cut`: the visitor reported or blocked, or has no video any more; `failed`: no connection; `weak`: too little gets through; `declined`: the visitor does
 * not want the stranger to learn their address; `unsafe`: it went, or was to go, another way than through the relay.
 *
 * @typedef {"" | "over" | "cut" | "failed" | "weak" | "declined" | "unsafe"} CallEnd
 */

/** @typedef {"camera" | "microphone"} Kind */
/** @typedef {Readonly<Record<Kind, boolean>>} Kinds */
/** @typedef {Readonly<{ camera: boolean, microphone: boolean, shown: boolean, direct?: boolean }>} Told */

/**
 * @typedef {object} CallShape
 * @property {CallPhase} phase
 * @property {CallEnd} reason
 * @property {string} room
 * @property {boolean} polite gives way when both offer at once
 * @property {boolean} restored this page was loaded again in the middle of it: the stranger holds on to a dead connection
 * @property {readonly IceServer[]} servers
 * @property {IcePolicy} policy
 * @property {"unneeded" | "asked" | "given" | "declined"} consent that the stranger could learn the address
 * @property {boolean} permitted the server carries signals: at once, or when both agreed to be direct
 * @property {boolean} line there is a connection to the server
 * @property {number | null} lineBy until when it may be away
 * @property {boolean} here the stranger has one
 * @property {Kinds} wants what the visitor switched on, also for the next call
 * @property {Kinds} has which tracks there are
 * @property {Problem | null} problem with a device
 * @property {boolean} shown agreed to show and to see
 * @property {Told} theirs what the stranger sends and agreed to
 * @property {Told | null} told what the server heard last
 * @property {number | null} tellAt
 * @property {readonly SignalData[]} early signals that came before there was a connection to hand them to
 * @property {number} peer counts the peer connections; what an old one still says is nobody's business
 * @property {boolean} opened there is one
 * @property {number} before the last one of the call before
 * @property {readonly number[]} renewals when another one took the place of the first, of late
 * @property {number} tries
 * @property {number | null} moveOnAt when devices are not waited for any longer
 * @property {number | null} retryAt
 * @property {number | null} iceBy until when fresh credentials are waited for
 * @property {number | null} deadline
 * @property {boolean} flowing something came through since the last look
 * @property {number} silent samples in a row without a byte
 * @property {RTCPeerConnectionState} link what the browser says of the connection
 * @property {Sample | null} sample
 * @property {Ladder} ladder
 * @property {Grade} grade
 */
/** @typedef {Readonly<CallShape>} Call */

/**
 * @typedef {{ type: "begin", room: string, polite: boolean, restored: boolean, servers: readonly IceServer[], policy: IcePolicy }
 *   | { type: "renewed", servers: readonly IceServer[], policy: IcePolicy }
 *   | { type: "end", reason: "over" | "cut" }
 *   | { type: "reach", line: boolean, here: boolean }
 *   | { type: "prefer", wants: Kinds }
 *   | { type: "want", kind: Kind, on: boolean }
 *   | { type: "acquired", asked: Kinds, has: Kinds, problem: Problem | null }
 *   | { type: "lost", kind: Kind }
 *   | { type: "dismiss" }
 *   | { type: "agree" }
 *   | { type: "decline" }
 *   | { type: "show", on: boolean }
 *   | { type: "media", media: Told }
 *   | { type: "signal", data: SignalData }
 *   | { type: "ice", servers: readonly IceServer[], policy: IcePolicy }
 *   | { type: "refused", what: "signal" | "media" | "ice", code: string }
 *   | { type: "peer", peer: number, state: RTCPeerConnectionState }
 *   | { type: "broken", peer: number }
 *   | { type: "stale", peer: number, data: SignalData | null }
 *   | { type: "sample", sample: Sample }
 *   | { type: "tick" }} CallEvent
 */

/**
 * @typedef {{ do: "acquire", kinds: Kinds } | { do: "stop", kind: Kind } | { do: "release" }
 *   | { do: "open", peer: number, offers: boolean } | { do: "close" } | { do: "take", data: SignalData }
 *   | { do: "restart" } | { do: "tell", media: Told } | { do: "ask-ice" }} CallEffect
 */

const NONE = Object.freeze({ camera: false, microphone: false });
const NOTHING = Object.freeze({ ...NONE, shown: false });

/** @type {Call} */
export const NO_CALL = Object.freeze({
  phase: "idle",
  reason: "",
  room: "",
  polite: false,
  restored: false,
  servers: Object.freeze([]),
  policy: "relay",
  consent: "unneeded",
  permitted: false,
  line: false,
  lineBy: null,
  here: false,
  wants: NONE,
  has: NONE,
  problem: null,
  shown: false,
  theirs: NOTHING,
  told: null,
  tellAt: null,
  early: Object.freeze([]),
  peer: 0,
  opened: false,
  before: 0,
  renewals: Object.freeze([]),
  tries: 0,
  moveOnAt: null,
  retryAt: null,
  iceBy: null,
  deadline: null,
  flowing: false,
  silent: 0,
  link: "new",
  sample: null,
  ladder: firstLadder(),
  grade: "",
});

/**
 * Return whether the call goes on: also while it waits to be agreed to.
 *
 * @param {Call} call
 */
export function isOn(call) {
  return call.room !== "" && call.phase !== "ended";
}

/**
 * Return whether both agreed: only then anything real leaves this page, and only then is anything shown.
 *
 * @param {Call} call
 */
export function isOpen(call) {
  return isOn(call) && call.shown && call.theirs.shown;
}

/**
 * Return what may go out.
 *
 * @param {Call} call
 * @returns {Kinds}
 */
export function sending(call) {
  const { camera, microphone } = offered(call);
  const open = isOpen(call) && call.opened;
  return { camera: open && camera, microphone: open && microphone };
}

/**
 * Return what would go out if both agreed.
 *
 * @param {Call} call
 * @returns {Kinds}
 */
function offered({ has, wants, ladder }) {
  return {
    camera: has.camera && wants.camera && rungOf(ladder).height > 0,
    microphone: has.microphone && wants.microphone,
  };
}

/**
 * Return what the stranger is told.
 *
 * @param {Call} call
 * @returns {Told}
 */
export function toTell(call) {
  const on = isOn(call);
  const direct = call.consent === "unneeded" ? {} : { direct: on && call.consent === "given" };
  return Object.freeze({ ...(on ? { ...offered(call), shown: call.shown } : NOTHING), ...direct });
}

/**
 * Return whether the stranger's picture is to be seen.
 *
 * @param {Call} call
 */
export function isSeen(call) {
  return isOpen(call) && call.theirs.camera && (call.phase === "connected" || call.phase === "recovering");
}

/**
 * Return when to look at the clock next, or null.
 *
 * @param {Call} call
 */
export function nextCallDeadline({ lineBy, moveOnAt, retryAt, iceBy, deadline, tellAt }) {
  const times = [lineBy, moveOnAt, retryAt, iceBy, deadline, tellAt].filter((time) => time !== null);
  return times.length > 0 ? Math.min(...times) : null;
}
