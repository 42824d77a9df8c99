/**
 * A report from the first click to its receipt. It names its room and rests on the visitor's cookie, so it outlives the
 * room and the connection: without one it is kept, and goes out with the next `welcome`. Saying it twice is harmless.
 */

import { gettext } from "../core/gettext.js";
import { reportChoice } from "../core/phrases.js";
import { cleaned, listed } from "../core/text.js";
import { withChanges } from "./entries.js";
import { tellCall } from "./on-call.js";
import { strangerNames } from "./seats.js";
import { hangUp, notify, refresh, send, takeBack } from "./turn.js";

/**
 * @import { About, Reason, Reported } from "../net/frames.js"
 * @import { Filing, FilingShape, Room } from "./state.js"
 * @import { Turn } from "./turn.js"
 */

/** How long after its end a conversation can be reported. */
export const REPORT_WINDOW_MS = 600_000;
export const REPORT_STALL_MS = 8_000;
const MOST_TRIES = 3;
const NOT_CONFIRMED = gettext("The server did not confirm the report. Please try again.");
const ABOUT_WHOM = gettext("Please say first who it is about.");
const CUT_OFF = gettext("The connection was closed before the report arrived. Please try again.");

/**
 * @param {Filing} filing
 * @param {Partial<FilingShape>} changes
 * @returns {Filing}
 */
function filingWith(filing, changes) {
  return Object.freeze({ ...filing, ...changes });
}

/**
 * Ask what it is about; or show how it stands with the report that was made.
 *
 * @param {Turn} turn
 */
export function onReportOpen(turn) {
  const { state } = turn;
  const { room, filing } = state;
  if (state.phase !== "talking" && state.phase !== "ended") return;
  takeBack(turn);
  // Nobody is to be watched while they write down what is wrong.
  if (room?.mode === "video" && state.phase === "talking") tellCall(turn, { type: "show", on: false });
  if (filing?.step === "sending" || (filing?.step === "filed" && filing.room === room?.id)) {
    state.filing = filingWith(filing, { open: true });
  } else if (room?.reportable) {
    state.filing = Object.freeze({
      room: room.id,
      who: listed(strangerNames(room)),
      choices: choicesOf(room),
      // Who talks means the one they talk with, unless they say otherwise; who watches two has to say.
      about: room.role === "discuss" ? (room.strangers[0]?.seat ?? null) : null,
      open: true,
      step: "asking",
      reason: "other",
      note: "",
      sentAt: null,
      tries: 0,
      problem: "",
      receipt: "",
      url: "",
      still: "",
    });
  }
}

/**
 * @param {Room} room
 * @returns {Filing["choices"]} none where it can only be about the stranger
 */
function choicesOf(room) {
  if (room.role === "chat") return Object.freeze([]);
  /** @type {About[]} */
  const abouts = room.strangers.map((stranger) => stranger.seat);
  if (room.role === "discuss" && room.revealed) abouts.push("question");
  if (room.role === "discuss") abouts.push("reader");
  return Object.freeze(
    abouts.map((about) => Object.freeze({ about, label: reportChoice(about, room.role, room.strangers) })),
  );
}

/**
 * @param {Turn} turn
 * @param {About} about
 */
export function onReportAbout(turn, about) {
  const { filing } = turn.state;
  if (filing?.step !== "asking" || !filing.choices.some((choice) => choice.about === about)) return;
  const problem = filing.problem === ABOUT_WHOM ? "" : filing.problem;
  turn.state.filing = filingWith(filing, { about, problem });
}

/** @param {Turn} turn */
export function onReportClose(turn) {
  const { filing } = turn.state;
  if (!filing?.open) return;
  turn.state.filing = filing.step === "asking" ? null : filingWith(filing, { open: false });
}

/**
 * @param {Turn} turn
 * @param {Reason} reason
 * @param {string} note
 */
export function onReport(turn, reason, note) {
  const { state } = turn;
  if (state.filing?.step !== "asking") return;
  if (state.filing.choices.length > 0 && state.filing.about === null) {
    state.filing = filingWith(state.filing, { problem: ABOUT_WHOM });
    return;
  }
  state.filing = filingWith(state.filing, { step: "sending", reason, note: cleaned(note), problem: "" });
  if (state.room?.id === state.filing.room) state.room = withChanges(state.room, { cut: true });
  if (state.connection === "open") sendReport(turn);
  // After the end the connection may be gone, and nobody else would ask for a new one.
  else if (state.connection === "closed" && state.halt === null) turn.effects.push({ do: "connect" });
}

/**
 * Say it on the present connection.
 *
 * @param {Turn} turn
 */
export function sendReport(turn) {
  const { state } = turn;
  if (state.filing?.step !== "sending") return;
  const { room, reason, note, about, tries } = state.filing;
  state.filing = filingWith(state.filing, { sentAt: turn.now, tries: tries + 1 });
  const whom = about === null ? {} : { about };
  send(turn, { type: "report", room, reason, ...(note && { note }), ...whom, ref: "report" });
}

/** @param {Turn} turn */
export function onReportTick(turn) {
  const { state, now } = turn;
  const { room, filing } = state;
  if (room?.reportable && room.endedAt !== null && now - room.endedAt >= REPORT_WINDOW_MS) {
    state.room = withChanges(room, { reportable: false });
  }
  if (filing?.step !== "sending" || filing.sentAt === null || now - filing.sentAt < REPORT_STALL_MS) return;
  if (filing.tries >= MOST_TRIES) return onReportRefused(turn, NOT_CONFIRMED);
  state.filing = filingWith(filing, { sentAt: null });
  refresh(turn);
}

/**
 * The connection is gone; `forGood` when it does not come back by itself.
 *
 * @param {Turn} turn
 * @param {boolean} forGood
 */
export function onReportLost(turn, forGood) {
  const { filing } = turn.state;
  if (filing?.step !== "sending") return;
  if (forGood) onReportRefused(turn, CUT_OFF);
  else turn.state.filing = filingWith(filing, { sentAt: null });
}

/**
 * @param {Turn} turn
 * @param {Reported} frame
 */
export function onReported(turn, frame) {
  const { state } = turn;
  if (state.filing?.step !== "sending") return;
  const { receipt, url, still = "" } = frame;
  state.filing = filingWith(state.filing, { step: "filed", receipt, url, still, sentAt: null });
  if (!state.filing.open && state.room?.id !== state.filing.room) {
    notify(turn, gettext("Your report arrived. Its reference is %(receipt)s.", { receipt }), "info", url);
  }
  settle(turn);
}

/**
 * @param {Turn} turn
 * @param {string} problem
 */
export function onReportRefused(turn, problem) {
  const { state } = turn;
  if (state.filing?.step !== "sending") return;
  if (state.filing.open)
    state.filing = filingWith(state.filing, { step: "asking", problem, sentAt: null, tries: 0 });
  else {
    state.filing = null;
    notify(turn, gettext("Your report did not arrive. %(problem)s", { problem }), "warning");
  }
  settle(turn);
}

/**
 * Nothing is on its way any more: who is at the start needs no connection.
 *
 * @param {Turn} turn
 */
function settle(turn) {
  if (turn.state.phase === "idle") hangUp(turn);
}
