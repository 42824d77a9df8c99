/**
 * The asker's next question from the button to the log. It has no id by which the server would know it again, so it
 * goes out once: when the answer is lost the replay shows whether it arrived, and the asker decides.
 */

import { asQuestion } from "../core/question.js";
import { withChanges, withQuestion } from "./entries.js";
import { STALL_MS } from "./room.js";
import { refresh, send } from "./turn.js";

/**
 * @import { Question } from "../net/frames.js"
 * @import { Room } from "./state.js"
 * @import { Turn } from "./turn.js"
 */

/**
 * @param {Turn} turn
 * @param {string} ref
 * @param {string} text
 */
export function onAsk(turn, ref, text) {
  const { phase, room } = turn.state;
  const question = asQuestion(text);
  if (phase !== "talking" || room?.role !== "ask" || question === "" || isAsking(room)) return;
  const asking = Object.freeze({ ref, text: question, sentAt: null, problem: "" });
  turn.state.room = withChanges(room, { asking });
  sendQuestion(turn);
}

/**
 * Return whether a question waits to go out or for its answer.
 *
 * @param {Room} room
 */
export function isAsking({ asking }) {
  return asking !== null && asking.problem === "";
}

/** @param {Turn} turn */
export function sendQuestion(turn) {
  const { connection, room } = turn.state;
  if (!room?.live || connection !== "open" || !room.asking || !isAsking(room) || room.asking.sentAt !== null)
    return;
  const asking = Object.freeze({ ...room.asking, sentAt: turn.now });
  turn.state.room = withChanges(room, { asking });
  send(turn, { type: "question", room: room.id, text: asking.text, ref: asking.ref });
}

/**
 * @param {Turn} turn
 * @param {Question} frame
 */
export function onQuestion(turn, frame) {
  const { state } = turn;
  if (state.room?.id !== frame.room || state.room.ended) return;
  const { asking } = state.room;
  // Who asked goes on seeing their own words, as with a message.
  const own = asking !== null && frame.ref === asking.ref ? { text: asking.text, masked: false } : {};
  const { room, fresh } = withQuestion(state.room, { ...frame, ...own }, turn.now);
  // Nobody else asks: what a replay brings anew is the one whose answer was lost.
  const answered = asking !== null && (frame.ref === asking.ref || (fresh && asking.problem !== ""));
  state.room = answered ? withChanges(room, { asking: null }) : room;
  if (fresh && room.role === "discuss" && !state.visible) state.unread += 1;
}

/**
 * @param {Turn} turn
 * @param {Room} room
 * @param {string} problem
 */
export function onQuestionRefused(turn, room, problem) {
  const asking = room.asking && Object.freeze({ ...room.asking, sentAt: null, problem });
  turn.state.room = withChanges(room, { asking });
}

/**
 * Silence about a question means a dead connection, as with a message.
 *
 * @param {Turn} turn
 */
export function onQuestionTick(turn) {
  const due = questionDue(turn.state.room);
  if (due !== null && turn.now >= due) refresh(turn);
}

/**
 * @param {Room | null} room
 * @returns {number | null} when the answer should be there
 */
export function questionDue(room) {
  const sentAt = room?.asking?.sentAt ?? null;
  return sentAt === null ? null : sentAt + STALL_MS;
}
