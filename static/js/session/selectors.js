/** What follows from a state: when to look at the clock next, what to say at hello, what to remember. */

import { languagesFrom } from "../core/languages.js";
import { ending } from "../core/phrases.js";
import { seenOf } from "../core/sequence.js";
import { PROTOCOL } from "../net/frames.js";
import { questionDue } from "./asking.js";
import { REPORT_STALL_MS, REPORT_WINDOW_MS } from "./report.js";
import { STALL_MS } from "./room.js";
import { strangerNames } from "./seats.js";
import { FIND_STALL_MS, nextFlushAt, TYPING_IDLE_MS } from "./turn.js";

/**
 * @import { ClientFrame, Wish } from "../net/frames.js"
 * @import { Place, State } from "./state.js"
 */

/**
 * Return when the next `tick` is due, or null.
 *
 * @param {State} state
 */
export function nextDeadline(state) {
  /** @type {(number | null)[]} */
  const times = [state.reallyUntil, state.nextAt, state.again?.until ?? null];
  const { filing } = state;
  if (filing?.step === "sending" && filing.sentAt !== null) times.push(filing.sentAt + REPORT_STALL_MS);
  if (state.room?.reportable && state.room.endedAt !== null)
    times.push(state.room.endedAt + REPORT_WINDOW_MS);
  if (state.askedAt !== null) times.push(state.askedAt + FIND_STALL_MS);
  const room = state.room;
  if (room?.live && state.connection === "open") {
    times.push(...Object.values(room.typists), nextFlushAt(room, state), questionDue(room));
    if (room.typing) times.push(room.typedAt + TYPING_IDLE_MS);
    for (const item of room.outbox) if (item.sentAt !== null) times.push(item.sentAt + STALL_MS);
  }
  const due = times.filter((time) => time !== null);
  return due.length > 0 ? Math.min(...due) : null;
}

/**
 * Return whether there is a place that can be taken up again.
 *
 * @param {State} state
 */
function hasPlace(state) {
  return state.placed && state.resume !== "" && (state.phase === "waiting" || state.phase === "talking");
}

/**
 * Return what the call needs, or null where there is to be none: with the conversation it ends for this page too when
 * another tab or nobody has it, and for good when the visitor reported or blocked.
 *
 * @param {State} state
 */
export function meetingOf({ phase, room, halt, video }) {
  if (phase !== "talking" || room === null || halt !== null || room.cut || video === "off") return null;
  return room.meeting;
}

/**
 * Return how the conversation ended, for the one who reads it: who reported left in a way of their own.
 *
 * @param {State} state
 */
export function endOf({ room, filing }) {
  if (!room) return "";
  // What this visitor's own camera showed; who was banned is told elsewhere.
  if (room.ended === "moderated" && room.endedBy === room.you.seat) return "checked";
  const reported = filing?.room === room.id && filing.step === "filed";
  return reported && room.ended === "you_left" ? "reported" : room.ended;
}

/**
 * Return the sentence about how the conversation ended, or nothing. In question mode it ends for three: only the one
 * who is said to have ended it is named.
 *
 * @param {State} state
 */
export function endSentence(state) {
  const { room, filing } = state;
  const reason = endOf(state);
  if (!room || reason === "") return "";
  if (room.role === "chat") return ending(reason, strangerNames(room));
  if (reason === "blocked")
    return room.role === "ask" ? ending("blocked_both", []) : ending(reason, strangerNames(room));
  const about = filing?.about ?? null;
  if (reason === "reported" && about !== null) {
    if (about === "question" || about === "reader") return ending(`reported_${about}`, []);
    const stranger = room.strangers.find(({ seat }) => seat === about);
    return ending(reason, stranger ? [stranger.name] : []);
  }
  const by = room.strangers.find((stranger) => stranger.seat === room.endedBy);
  return ending(by || (reason !== "left" && reason !== "lost") ? reason : "", by ? [by.name] : []);
}

/**
 * Return the frame that opens a connection. Without a place it resumes nothing, and thereby gives up what the
 * server may still hold.
 *
 * @param {State} state
 * @returns {ClientFrame}
 */
export function helloFrame(state) {
  if (!hasPlace(state)) return { type: "hello", protocol: PROTOCOL };
  const seen = state.phase === "talking" && state.room ? seenOf(state.room.tracks) : {};
  const epoch = state.epoch === "" ? {} : { epoch: state.epoch };
  return { type: "hello", protocol: PROTOCOL, resume: state.resume, seen, ...epoch };
}

/**
 * Return what a reload needs to come back, or null when there is nothing to come back to.
 *
 * @param {State} state
 * @returns {Place | null}
 */
export function placeOf(state) {
  if (!hasPlace(state) || (state.phase !== "waiting" && state.phase !== "talking") || state.halt) return null;
  return {
    resume: state.resume,
    epoch: state.epoch,
    phase: state.restoring ?? state.phase,
    wish: state.wish,
  };
}

/**
 * Return the place that was remembered, or null: session storage may hold anything.
 *
 * @param {unknown} value
 * @returns {Place | null}
 */
export function placeFrom(value) {
  if (typeof value !== "object" || value === null) return null;
  const { resume, epoch, phase, wish } = /** @type {Record<string, unknown>} */ (value);
  if (typeof resume !== "string" || resume === "" || typeof epoch !== "string") return null;
  if (phase !== "waiting" && phase !== "talking") return null;
  return Object.freeze({ resume, epoch, phase, wish: wishFrom(wish) });
}

/**
 * @param {unknown} value
 * @returns {Wish | null}
 */
function wishFrom(value) {
  if (typeof value !== "object" || value === null) return null;
  const { mode, role, interests, languages, question, reveal } = /** @type {Record<string, unknown>} */ (
    value
  );
  if ((mode !== "text" && mode !== "video") || !Array.isArray(interests)) return null;
  if (role !== "chat" && role !== "ask" && role !== "discuss") return null;
  const words = interests.filter((interest) => typeof interest === "string");
  /** @type {Wish} */
  const plain = { mode, role, interests: words, languages: languagesFrom(languages) };
  if (role !== "ask") return Object.freeze(plain);
  return typeof question === "string" ? Object.freeze({ ...plain, question, reveal: reveal === true }) : null;
}
