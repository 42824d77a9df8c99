/**
 * The frames of protocol version 1, as types, and the one reader that turns text into a frame.
 * The server's module of frames is the source; unknown extra fields are allowed, as the protocol may grow.
 */

/** @import { Role } from "../core/question.js" */

/** @typedef {"text" | "video"} Mode */
/** @typedef {Readonly<{ seat: number, name: string }>} Seat */
/** @typedef {number | "question" | "reader"} About a seat, the question, or who reads along */

/**
 * @typedef {object} WishShape
 * @property {Mode} mode
 * @property {Role} role
 * @property {readonly string[]} interests
 * @property {readonly string[]} languages
 * @property {string} [question] of who asks
 * @property {boolean} [reveal] whether the strangers see what is asked
 */
/** @typedef {Readonly<WishShape>} Wish */

/**
 * @typedef {object} Limits
 * @property {number} message_chars
 * @property {number} interests
 * @property {number} interest_chars
 * @property {number} question_chars
 * @property {number} frame_bytes
 */

/** @typedef {typeof REASONS[number]} Reason */

/** @typedef {"relay" | "direct" | "off"} VideoState */
/** @typedef {"relay" | "all"} IcePolicy */
/** @typedef {Readonly<{ urls: string | string[], username?: string, credential?: string }>} IceServer */
/** @typedef {Readonly<{ type: RTCSdpType, sdp: string }>} Description */
/** @typedef {Readonly<{ description: Description }> | Readonly<{ candidate: RTCIceCandidateInit | null }>} SignalData */

/**
 * What the page sends.
 *
 * @typedef {{ type: "hello", protocol: 1, resume?: string, seen?: Record<string, number>, epoch?: string }
 *   | ({ type: "find", ref: string } & Wish)
 *   | { type: "relax", ref: string }
 *   | { type: "leave", room?: string }
 *   | { type: "message", room: string, id: string, text: string, ref: string }
 *   | { type: "typing", room: string, on: boolean }
 *   | { type: "question", room: string, text: string, ref: string }
 *   | { type: "signal", room: string, data: SignalData, ref: string }
 *   | { type: "media", room: string, camera: boolean, microphone: boolean, shown: boolean, direct?: boolean, ref: string }
 *   | { type: "ice", room: string, ref: string }
 *   | { type: "block", room: string, ref: string }
 *   | { type: "report", room: string, reason: Reason, note?: string, about?: About, ref: string }
 *   | { type: "again", room: string, ref: string }
 *   | { type: "bye" }} ClientFrame
 */

/**
 * @typedef {object} Welcome
 * @property {"welcome"} type
 * @property {number} protocol
 * @property {string} name
 * @property {string} resume
 * @property {string} epoch
 * @property {boolean} resumed
 * @property {number} online
 * @property {VideoState} video
 * @property {Limits} limits
 */

/**
 * @typedef {object} Waiting
 * @property {"waiting"} type
 * @property {Mode} mode
 * @property {string} role
 * @property {string[]} interests as folded
 * @property {string[]} languages
 * @property {number | null} relaxes_in seconds
 */

/**
 * @typedef {object} Matched
 * @property {"matched"} type
 * @property {string} room
 * @property {Mode} mode
 * @property {string} role
 * @property {Seat} you
 * @property {Seat[]} strangers
 * @property {string[]} common_interests
 * @property {string | null} language
 * @property {boolean} [spied] somebody who asked reads along
 * @property {string | null} [question] for who may see it
 * @property {boolean} [revealed] to who asks: whether the strangers see the questions
 * @property {boolean} [polite] video rooms: who gives way when both offer at once
 * @property {IceServer[]} [ice_servers] video rooms
 * @property {IcePolicy} [ice_policy] video rooms; `all` is direct: both have to agree first
 * @property {number} [camera_check] video rooms: every how many seconds the own camera is looked at, where it is
 */

/**
 * @typedef {object} Message
 * @property {"message"} type
 * @property {string} room
 * @property {number} seat
 * @property {number} seq
 * @property {string} text
 * @property {string} at ISO 8601
 * @property {boolean} [masked]
 */

/**
 * What was asked later. To who asked always, to the others only where they may see it.
 *
 * @typedef {object} Question
 * @property {"question"} type
 * @property {string} room
 * @property {number} n 1, 2, 3 …
 * @property {string} text
 * @property {string} at ISO 8601
 * @property {Readonly<Record<string, number>>} after how much each seat had said before
 * @property {boolean} [masked]
 * @property {string} [ref]
 */

/** @typedef {{ type: "reader", room: string, present: boolean }} Reader */
/** @typedef {{ type: "sent", room: string, id: string, seq: number, ref?: string }} Sent */
/** @typedef {{ type: "typing", seat: number, on: boolean }} Typing */
/** @typedef {{ type: "presence", seat: number, connected: boolean }} Presence */
/** @typedef {{ type: "ended", room: string, reason: string, by: number | null }} Ended */
/** @typedef {{ type: "again", room: string, seconds: number, ref?: string }} Again */
/** @typedef {{ type: "reported", receipt: string, url: string, still?: string, ref?: string }} Reported */
/** @typedef {{ type: "online", count: number }} Online */
/** @typedef {{ type: "video", state: VideoState }} Video */
/** @typedef {{ type: "signal", seat: number, data: SignalData }} Signal */
/** @typedef {{ type: "media", seat: number, camera: boolean, microphone: boolean, shown: boolean, direct?: boolean }} Media */
/** @typedef {{ type: "ice", ice_servers: IceServer[], ice_policy: IcePolicy, ref?: string }} Ice */
/** @typedef {{ type: "notice", level: "info" | "warning", text: string, topic?: string }} Notice */
/** @typedef {{ type: "warned", statement: string, url: string }} Warned */
/** @typedef {{ type: "banned", statement: string, until: string | null, url: string }} Banned */
/** @typedef {{ type: "draining", reconnect_in_ms: number }} Draining */
/** @typedef {{ type: "error", code: string, detail: string, ref?: string, field?: string }} ErrorFrame */

/**
 * What the server sends.
 *
 * @typedef {Welcome | Waiting | Matched | Message | Sent | Typing | Presence | Question | Reader | Ended | Again | Reported
 *   | Online | Video | Signal | Media | Ice | Notice | Warned | Banned | Draining | ErrorFrame} ServerFrame
 */

/** @type {1} */
export const PROTOCOL = 1;

/** Why somebody is reported, in the order in which the page offers them. */
export const REASONS = /** @type {const} */ ([
  "nudity",
  "minor",
  "harassment",
  "hate",
  "violence",
  "spam",
  "self_harm",
  "illegal",
  "other",
]);
export const NOTE_CHARS = 500;

/** @type {Readonly<Limits>} what holds until `welcome` says more */
export const DEFAULT_LIMITS = Object.freeze({
  message_chars: 1000,
  interests: 10,
  interest_chars: 32,
  question_chars: 200,
  frame_bytes: 16_384,
});

/**
 * The fields without which a frame is of no use, by type. Anything else about a frame is the server's matter.
 *
 * @type {Readonly<Record<string, Readonly<Record<string, string>>>>}
 */
const NEEDED = Object.freeze({
  welcome: { name: "string", resume: "string", epoch: "string", resumed: "boolean" },
  waiting: { interests: "array", languages: "array" },
  matched: { room: "string", you: "object", strangers: "array", common_interests: "array" },
  message: { room: "string", seat: "number", seq: "number", text: "string", at: "string" },
  sent: { room: "string", id: "string", seq: "number" },
  typing: { seat: "number", on: "boolean" },
  presence: { seat: "number", connected: "boolean" },
  question: { room: "string", n: "number", text: "string", at: "string", after: "object" },
  reader: { room: "string", present: "boolean" },
  ended: { room: "string", reason: "string" },
  again: { room: "string", seconds: "number" },
  reported: { receipt: "string", url: "string" },
  online: { count: "number" },
  video: { state: "string" },
  signal: { seat: "number", data: "object" },
  media: { seat: "number", camera: "boolean", microphone: "boolean", shown: "boolean" },
  ice: { ice_servers: "array", ice_policy: "string" },
  notice: { level: "string", text: "string" },
  warned: { statement: "string", url: "string" },
  banned: { statement: "string", url: "string" },
  draining: { reconnect_in_ms: "number" },
  error: { code: "string", detail: "string" },
});

/**
 * Read one frame. Null for what is not a frame or of a type that this page does not know: later versions of the
 * server may say more than an old page understands.
 *
 * @param {string} text
 * @returns {ServerFrame | null}
 */
export function readFrame(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !Object.hasOwn(NEEDED, value.type)) return null;
  for (const [field, kind] of Object.entries(NEEDED[value.type] ?? {})) {
    if (kindOf(value[field]) !== kind) return null;
  }
  return value;
}

/** @param {unknown} value */
function kindOf(value) {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}
