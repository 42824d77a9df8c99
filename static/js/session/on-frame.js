/** What each frame of the server does to the session. */

import { gettext } from "../core/gettext.js";
import { onQuestion, onQuestionRefused, sendQuestion } from "./asking.js";
import { isTooEarly, NEXT_AGAIN_MS } from "./auto-next.js";
import { withChanges, withEntry } from "./entries.js";
import { onAgain } from "./meet-again.js";
import { onCallFrame, onCallRefused } from "./on-call.js";
import { onReported, onReportRefused, sendReport } from "./report.js";
import { meetingFrom, roomFrom, withFailed, withMessage, withResumed, withSent } from "./room.js";
import { withPresence, withTyping } from "./seats.js";
import {
  ask,
  endRoom,
  flush,
  giveUpSearch,
  goHome,
  notify,
  refresh,
  SEARCH_AGAIN_MS,
  send,
  TYPING_SHOWN_MS,
  takeBack,
} from "./turn.js";

/**
 * @import { Banned, Ended, ErrorFrame, Matched, ServerFrame, VideoState, Waiting, Welcome } from "../net/frames.js"
 * @import { Turn } from "./turn.js"
 */

/** How long after the beginning of a search an end may still belong to the search before. */
const CROSSING_MS = 5_000;
const VIDEO_OFF = gettext("There is no video any more. You can go on in text.");
const FAILED = gettext("That did not work. Try again in a moment.");
/** Errors that only say that two frames crossed on the way, or that are handled by what came before them. */
const SILENT = new Set(["resume_failed", "already_waiting", "not_in_room"]);

/**
 * @param {Turn} turn
 * @param {ServerFrame} frame
 */
export function onFrame(turn, frame) {
  const { state } = turn;
  switch (frame.type) {
    case "welcome":
      return onWelcome(turn, frame);
    case "waiting":
      return onWaiting(turn, frame);
    case "matched":
      return onMatched(turn, frame);
    case "message": {
      if (state.room?.id !== frame.room || state.room.ended) return;
      const { room, fresh, gap } = withMessage(state.room, frame, turn.now);
      state.room = room;
      if (fresh && frame.seat !== room.you.seat && !state.visible) state.unread += 1;
      if (gap) refresh(turn);
      return;
    }
    case "sent": {
      if (state.room?.id !== frame.room || state.room.ended) return;
      const { room, gap } = withSent(state.room, frame);
      state.room = room;
      if (gap) refresh(turn);
      return;
    }
    case "typing": {
      if (!state.room?.live || frame.seat === state.room.you.seat) return;
      state.room = withTyping(state.room, frame.seat, frame.on ? turn.now + TYPING_SHOWN_MS : null);
      return;
    }
    case "presence": {
      if (!state.room?.live || frame.seat === state.room.you.seat) return;
      state.room = withPresence(state.room, frame.seat, frame.connected);
      return;
    }
    case "question":
      return onQuestion(turn, frame);
    case "reader":
      if (state.room?.id !== frame.room || state.room.ended) return;
      state.room = withChanges(state.room, { reading: frame.present });
      return;
    case "signal":
    case "media":
    case "ice":
      return onCallFrame(turn, frame);
    case "ended":
      return onEnded(turn, frame);
    case "again":
      return onAgain(turn, frame);
    case "reported":
      return onReported(turn, frame);
    case "online":
      state.online = frame.count;
      return;
    case "video":
      return onVideo(turn, frame.state);
    case "notice":
      if (frame.topic !== "service") return onNotice(turn, frame.level, frame.text);
      state.trouble = frame.level === "warning" ? frame.text : "";
      return;
    case "warned":
      if (state.warnings.some((warning) => warning.url === frame.url)) return;
      state.warnings = Object.freeze([
        ...state.warnings,
        Object.freeze({ statement: frame.statement, url: frame.url }),
      ]);
      return;
    case "banned":
      return onBanned(turn, frame);
    case "draining":
      turn.effects.push({ do: "refresh-in", ms: frame.reconnect_in_ms });
      return;
    case "error":
      return onError(turn, frame);
  }
}

/**
 * @param {Turn} turn
 * @param {Welcome} frame
 */
function onWelcome(turn, frame) {
  const { state } = turn;
  const away = state.lostAt === null ? 0 : turn.now - state.lostAt;
  const newEpoch = state.epoch !== "" && state.epoch !== frame.epoch;
  state.name = frame.name;
  state.resume = frame.resume;
  state.epoch = frame.epoch;
  state.online = frame.online;
  state.video = frame.video;
  state.limits = Object.freeze({ ...state.limits, ...frame.limits });
  state.lostAt = null;
  state.owing = false;
  state.trouble = "";
  sendReport(turn);
  if (frame.resumed) {
    if (newEpoch && state.room && state.phase === "talking")
      state.room = withResumed(state.room, true, nextKey(turn, state.room.id));
    return;
  }
  if (state.restoring) {
    const was = state.restoring;
    goHome(turn);
    if (was === "talking")
      notify(turn, gettext("Your conversation is over: it could not be taken up again."));
  } else if (state.phase === "talking") endRoom(turn, "away");
  else if (state.phase === "waiting" && state.wish) {
    if (away <= SEARCH_AGAIN_MS) {
      state.placed = false;
      state.search = null;
      ask(turn);
    } else {
      giveUpSearch(turn);
      notify(turn, gettext("You were disconnected for a while, so the search was stopped."));
    }
  }
}

/**
 * @param {Turn} turn
 * @param {Waiting} frame
 */
function onWaiting(turn, frame) {
  const { state } = turn;
  if (state.phase !== "waiting") return;
  const seconds = frame.relaxes_in ?? null;
  state.search = Object.freeze({
    interests: Object.freeze(frame.interests),
    languages: Object.freeze(frame.languages),
    relaxesAt: seconds === null ? null : turn.now + seconds * 1000,
  });
  state.placed = true;
  state.askedAt = null;
  state.restoring = null;
}

/**
 * @param {Turn} turn
 * @param {Matched} frame
 */
function onMatched(turn, frame) {
  const { state } = turn;
  const same = state.room?.id === frame.room;
  // “waiting” always comes first: a match without it belongs to a search that was given up in the same moment.
  // After an end it is the stranger whom both would meet again.
  const again = state.phase === "ended" && state.again?.asked === true && !same;
  if (state.phase === "idle" || (state.phase === "ended" && !again)) return;
  if (state.phase === "waiting" && !state.placed) return;
  if (state.room && same && !state.room.ended) {
    state.room = withChanges(withResumed(state.room, false, ""), {
      reading: frame.spied === true,
      meeting: meetingFrom(frame, false),
    });
    if (state.room.blocking) send(turn, { type: "block", room: frame.room, ref: "block" });
  } else {
    const room = roomFrom(frame, nextKey(turn, frame.room), state.restoring !== null);
    const seats = [frame.you.seat, ...frame.strangers.map((stranger) => stranger.seat)];
    state.room = state.restoring ? withChanges(room, { mayJump: Object.freeze(seats) }) : room;
  }
  state.phase = "talking";
  // The server counts now and then; who is here cannot be fewer than who talks.
  if (state.online !== null) state.online = Math.max(state.online, 1 + frame.strangers.length);
  state.placed = true;
  state.search = null;
  state.askedAt = null;
  state.restoring = null;
  if (!same) takeBack(turn);
  // Who asked goes on seeing their own words, whatever the filter covered for the others.
  const { question } = state.wish ?? {};
  if (question && state.room.role === "ask") state.room = withChanges(state.room, { question });
  flush(turn);
  sendQuestion(turn);
}

/**
 * @param {Turn} turn
 * @param {Ended} frame
 */
function onEnded(turn, frame) {
  const { state } = turn;
  if (state.phase !== "talking" || !state.room || state.room.id !== frame.room) return;
  // Both end the room as `you_left`.
  const reporting = state.filing?.room === frame.room && state.filing.step !== "asking";
  const wanted = state.room.blocking || reporting;
  if (frame.reason === "you_left" && !wanted && turn.now - state.waitingSince < CROSSING_MS) {
    // This match crossed with a `leave` of ours; the search that followed is still on.
    state.phase = "waiting";
    state.room = null;
    state.placed = false;
    state.search = null;
  } else endRoom(turn, frame.reason, frame.by ?? null);
}

/**
 * @param {Turn} turn
 * @param {VideoState} video
 */
function onVideo(turn, video) {
  const { state } = turn;
  state.video = video;
  if (video !== "off") return;
  if (state.phase === "waiting" && state.wish?.mode === "video") {
    giveUpSearch(turn);
    notify(turn, VIDEO_OFF, "warning");
  } else if (state.room?.mode === "video") onNotice(turn, "warning", VIDEO_OFF);
}

/**
 * @param {Turn} turn
 * @param {"info" | "warning"} level
 * @param {string} text
 */
function onNotice(turn, level, text) {
  const { state } = turn;
  if (state.phase !== "talking" || !state.room) return notify(turn, text, level);
  state.counter += 1;
  state.room = withEntry(state.room, { id: `note-${state.counter}`, kind: "note", text, at: turn.now });
}

/**
 * Nothing works any more, and the server closes the connection.
 *
 * @param {Turn} turn
 * @param {Banned} frame
 */
function onBanned(turn, { statement, url }) {
  const { state } = turn;
  state.ban = Object.freeze({ statement, url });
  state.filing = null;
  state.warnings = Object.freeze([]);
  state.notices = Object.freeze([]);
  goHome(turn);
}

/**
 * @param {Turn} turn
 * @param {ErrorFrame} frame
 */
function onError(turn, frame) {
  const { state } = turn;
  const { ref } = frame;
  if (ref && state.room?.outbox.some((item) => item.id === ref)) {
    state.room = withFailed(state.room, ref, frame.code, frame.detail);
    return;
  }
  if (ref && state.room?.asking?.ref === ref) {
    return onQuestionRefused(turn, state.room, frame.detail || FAILED);
  }
  const field = fieldOf(frame);
  const unnamed = frame.code === "bad_interest" || frame.code === "bad_question";
  if (state.phase === "waiting" && !state.placed && (ref === state.findRef || unnamed)) {
    if (field) {
      goHome(turn);
      state.fieldProblem = Object.freeze({
        field,
        text: frame.detail || gettext("This is not allowed here."),
      });
      return;
    }
    const early = isTooEarly(turn, frame);
    giveUpSearch(turn);
    if (early) {
      state.nextAt = turn.now + NEXT_AGAIN_MS;
      return;
    }
    notify(turn, frame.detail || FAILED, "warning");
    return;
  }
  if (onCallRefused(turn, frame)) return;
  if (ref === "again") state.again = null;
  if (ref === "report")
    return onReportRefused(turn, frame.detail || gettext("That did not work. Please try again."));
  if (ref === "block" && state.room?.blocking) {
    state.room = withChanges(state.room, { blocking: false });
    notify(turn, frame.detail || gettext("Blocking did not work."), "warning");
    return;
  }
  // Too fast without a message that it is about: typing, or the like. Nothing to do or to know.
  if (SILENT.has(frame.code) || (frame.code === "too_fast" && !ref) || !frame.detail) return;
  notify(turn, frame.detail, "warning");
}

/**
 * Return which field of the start an error is about. The filter refuses both under one code.
 *
 * @param {ErrorFrame} frame
 */
function fieldOf({ code, field }) {
  if (code === "bad_question" || (code === "refused_text" && field === "question")) return "question";
  return code === "bad_interest" || code === "refused_text" ? "interests" : null;
}

/**
 * @param {Turn} turn
 * @param {string} id
 */
function nextKey(turn, id) {
  turn.state.counter += 1;
  return `${id}#${turn.state.counter}`;
}
