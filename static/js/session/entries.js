/** The log of a room as a value: its entries, and where each of them belongs. */

/**
 * @import { Question } from "../net/frames.js"
 * @import { Entry, Room } from "./state.js"
 */

/**
 * @param {Room} room
 * @param {Partial<Room>} changes
 * @returns {Room}
 */
export function withChanges(room, changes) {
  return Object.freeze({ ...room, ...changes });
}

/**
 * @param {Room} room
 * @param {Pick<Entry, "id" | "kind" | "text" | "at"> & Partial<Entry>} entry
 * @returns {Room}
 */
export function withEntry(room, entry) {
  const full = Object.freeze({
    who: "",
    seat: 0,
    seq: 0,
    after: Object.freeze({}),
    delivery: /** @type {const} */ ("sent"),
    why: "",
    url: "",
    masked: false,
    refused: false,
    ...entry,
  });
  return withChanges(room, { entries: Object.freeze(inPlace(room.entries, full)) });
}

/**
 * Put an entry where it belongs: at the end, unless a question and a message come in another order than they were said
 * in, as they may after a resume. What the question parts is parted, everything else stays as it is.
 *
 * @param {readonly Readonly<Entry>[]} entries
 * @param {Readonly<Entry>} entry
 */
function inPlace(entries, entry) {
  const first = entries.findIndex((other) => isBefore(entry, other));
  if (first < 0) return [...entries, entry];
  const end = Math.max(first, entries.findLastIndex((other) => isBefore(other, entry)) + 1);
  const parted = entries.slice(first, end);
  return [
    ...entries.slice(0, first),
    ...parted.filter((other) => !isBefore(entry, other)),
    entry,
    ...parted.filter((other) => isBefore(entry, other)),
    ...entries.slice(end),
  ];
}

/**
 * Return whether one of the two is a question and says that the first was there before the second.
 *
 * @param {Readonly<Entry>} first
 * @param {Readonly<Entry>} second
 */
function isBefore(first, second) {
  if (first.kind === "question" && second.kind === "question") return first.seq < second.seq;
  if (first.kind === "question") return second.seq > (first.after[second.seat] ?? 0);
  return second.kind === "question" && first.seq > 0 && first.seq <= (second.after[first.seat] ?? 0);
}

/**
 * @param {Room} room
 * @param {string} id
 * @param {Partial<Entry>} changes
 * @returns {Room}
 */
export function withEntryChanged(room, id, changes) {
  const at = room.entries.findLastIndex((entry) => entry.id === id);
  const entry = room.entries[at];
  if (!entry) return room;
  const entries = room.entries.with(at, Object.freeze({ ...entry, ...changes }));
  return withChanges(room, { entries: Object.freeze(entries) });
}

/**
 * Put the mark of a question into the log, where it was asked. After a resume they all come again.
 *
 * @param {Room} room
 * @param {Question} frame
 * @param {number} now
 * @returns {{ room: Room, fresh: boolean }}
 */
export function withQuestion(room, frame, now) {
  const id = `question-${frame.n}`;
  if (room.entries.some((entry) => entry.id === id)) return { room, fresh: false };
  const entry = /** @type {const} */ ({
    id,
    kind: "question",
    seq: frame.n,
    text: frame.text,
    at: Date.parse(frame.at) || now,
    after: Object.freeze(frame.after),
    masked: frame.masked === true,
  });
  return { room: withEntry(room, entry), fresh: true };
}
