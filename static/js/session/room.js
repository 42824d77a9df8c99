/** A room as a value: its log, what is on its way out, and which messages were seen. Pure functions from room to room. */

import { gettext } from "../core/gettext.js";
import { notDelivered } from "../core/phrases.js";
import { noted } from "../core/sequence.js";
import { withChanges, withEntry, withEntryChanged } from "./entries.js";
import { withTyping } from "./seats.js";

/**
 * @import { Meeting } from "../call/call.js"
 * @import { Ended, Matched, Message, Sent } from "../net/frames.js"
 * @import { Outgoing, Room } from "./state.js"
 */

/** How long a message may stay unconfirmed before the connection is held for dead. */
export const STALL_MS = 6_000;
const MOST_STALLS = 3;
// Translators: who wrote it, above the reader's own message.
const YOU = gettext("You");
const UNCONFIRMED = gettext("The connection was lost. If your question is not in the log, ask it again.");

/**
 * @param {Matched} frame
 * @param {string} key
 * @param {boolean} restored the page was loaded again in the middle of it
 * @returns {Room}
 */
export function roomFrom(frame, key, restored) {
  const role = frame.role === "ask" || frame.role === "discuss" ? frame.role : "chat";
  const question = frame.question ?? "";
  return Object.freeze({
    id: frame.room,
    key,
    mode: frame.mode,
    meeting: meetingFrom(frame, restored),
    role,
    you: frame.you,
    strangers: Object.freeze(role === "ask" ? frame.strangers.map(numbered) : frame.strangers),
    common: Object.freeze(frame.common_interests),
    language: frame.language ?? null,
    entries: Object.freeze([]),
    outbox: Object.freeze([]),
    echoes: Object.freeze([]),
    tracks: Object.freeze({}),
    mayJump: Object.freeze([]),
    live: true,
    away: Object.freeze([]),
    typists: Object.freeze({}),
    reading: frame.spied === true,
    question,
    revealed: frame.revealed ?? question !== "",
    asking: null,
    typing: false,
    typingToldAt: null,
    typedAt: 0,
    blocking: false,
    cut: false,
    ended: "",
    endedBy: null,
    endedAt: null,
    reportable: true,
  });
}

/**
 * Who watches two knows no names, only numbers: the server's words for them are English.
 *
 * @param {Matched["strangers"][number]} stranger
 */
function numbered({ seat }) {
  return { seat, name: gettext("Stranger %(number)s", { number: seat }) };
}

/**
 * @param {Matched} frame
 * @param {boolean} restored
 * @returns {Meeting | null}
 */
export function meetingFrom({ room, mode, polite, ice_servers, ice_policy, camera_check }, restored) {
  if (mode !== "video") return null;
  return Object.freeze({
    room,
    polite: polite === true,
    restored,
    servers: Object.freeze(ice_servers ?? []),
    policy: ice_policy === "all" ? "all" : "relay",
    checkEvery: typeof camera_check === "number" && camera_check > 0 ? camera_check : null,
  });
}

/**
 * Put an own message into the log and into the outbox.
 *
 * @param {Room} room
 * @param {string} id
 * @param {string} text
 * @param {number} now
 * @returns {Room}
 */
export function withSaid(room, id, text, now) {
  const entry = /** @type {const} */ ({ id, kind: "mine", who: YOU, text, at: now, delivery: "pending" });
  return withQueued(withEntry(room, { ...entry, seat: room.you.seat }), id, text);
}

/**
 * @param {Room} room
 * @param {string} id
 * @param {string} text
 * @returns {Room}
 */
function withQueued(room, id, text) {
  const outgoing = Object.freeze({ id, text, sentAt: null, tried: false, stalls: 0 });
  return withChanges(room, { outbox: Object.freeze([...room.outbox, outgoing]) });
}

/**
 * Queue a failed message again, under its old id: had it arrived after all, the server knows it.
 *
 * @param {Room} room
 * @param {string} id
 * @returns {Room}
 */
export function withRetried(room, id) {
  const entry = room.entries.find((other) => other.id === id && other.kind === "mine");
  if (entry?.delivery !== "failed") return room;
  return withQueued(
    withEntryChanged(room, id, { delivery: "pending", why: "", refused: false }),
    id,
    entry.text,
  );
}

/**
 * @param {Room} room
 * @param {string} id
 * @param {number} now
 * @returns {Room}
 */
export function withGoneOut(room, id, now) {
  const outbox = room.outbox.map((item) =>
    item.id === id ? Object.freeze({ ...item, sentAt: now, tried: true }) : item,
  );
  return withChanges(room, { outbox: Object.freeze(outbox) });
}

/**
 * Count another silence about what went out on this connection. After the third the message counts as failed: a
 * new connection did not help it twice.
 *
 * @param {Room} room
 * @param {number} now
 * @returns {{ room: Room, stalled: boolean }}
 */
export function withStalls(room, now) {
  const isStalled = (/** @type {Outgoing} */ item) => item.sentAt !== null && now - item.sentAt >= STALL_MS;
  const stalled = room.outbox.filter(isStalled);
  if (stalled.length === 0) return { room, stalled: false };
  const outbox = room.outbox.map((item) =>
    isStalled(item) ? Object.freeze({ ...item, stalls: item.stalls + 1 }) : item,
  );
  let next = withChanges(room, { outbox: Object.freeze(outbox) });
  for (const item of stalled) {
    if (item.stalls + 1 >= MOST_STALLS) next = withFailed(next, item.id, "stalled", "");
  }
  return { room: next, stalled: true };
}

/**
 * The connection is gone: what was on its way has to be sent again, what the stranger did is not known.
 *
 * @param {Room} room
 * @returns {Room}
 */
export function withLost(room) {
  const outbox = room.outbox.map((item) =>
    item.sentAt === null ? item : Object.freeze({ ...item, sentAt: null }),
  );
  const { asking } = room;
  const onItsWay = asking !== null && asking.sentAt !== null;
  return withChanges(room, {
    outbox: Object.freeze(outbox),
    live: false,
    away: Object.freeze([]),
    typists: Object.freeze({}),
    asking: onItsWay ? Object.freeze({ ...asking, sentAt: null, problem: UNCONFIRMED }) : asking,
    typing: false,
  });
}

/**
 * The same room on a new connection; a replay follows. A new epoch of the server counts from 1 again.
 *
 * @param {Room} room
 * @param {boolean} newEpoch
 * @param {string} key
 * @returns {Room}
 */
export function withResumed(room, newEpoch, key) {
  const lost = withLost(room);
  const kept = newEpoch ? room.entries.filter((entry) => entry.delivery !== "sent") : room.entries;
  return withChanges(lost, {
    key: newEpoch ? key : room.key,
    entries: Object.freeze(kept),
    tracks: newEpoch ? Object.freeze({}) : room.tracks,
    echoes: newEpoch ? Object.freeze([]) : room.echoes,
    mayJump: Object.freeze([room.you.seat, ...room.strangers.map((stranger) => stranger.seat)]),
    live: true,
  });
}

/**
 * Note the number of a message. `gap` says that earlier ones were missed and none of them will come by itself.
 *
 * @param {Room} room
 * @param {number} seat
 * @param {number} seq
 * @returns {{ room: Room, fresh: boolean, gap: boolean, jumped: boolean }}
 */
function withNoted(room, seat, seq) {
  const mayJump = room.mayJump.includes(seat);
  const { tracks, fresh, gap } = noted(room.tracks, seat, seq, mayJump);
  const rest = mayJump && fresh ? room.mayJump.filter((other) => other !== seat) : room.mayJump;
  const next = withChanges(room, { tracks, mayJump: Object.freeze(rest) });
  return { room: next, fresh, gap: gap && !mayJump, jumped: gap && mayJump };
}

/**
 * @param {Room} room
 * @param {Message} frame
 * @param {number} now
 * @returns {{ room: Room, fresh: boolean, gap: boolean }}
 */
export function withMessage(room, frame, now) {
  const mine = frame.seat === room.you.seat;
  const note = withNoted(room, frame.seat, frame.seq);
  if (!note.fresh) return { room, fresh: false, gap: false };
  let next = note.room;
  const at = Date.parse(frame.at) || now;
  const masked = frame.masked === true;
  if (note.jumped) {
    const text = gettext("Some earlier messages could not be fetched.");
    next = withEntry(next, { id: `missed-${frame.seat}-${frame.seq}`, kind: "note", text, at });
  }
  if (mine) {
    const echo = Object.freeze({ seq: frame.seq, text: frame.text, at, masked });
    next = withSettledEchoes(withChanges(next, { echoes: Object.freeze([...next.echoes, echo]) }));
  } else {
    const who = room.strangers.find((stranger) => stranger.seat === frame.seat)?.name ?? gettext("Stranger");
    const id = `${frame.seat}-${frame.seq}`;
    const { seat, seq, text } = frame;
    next = withEntry(next, { id, kind: "theirs", who, seat, seq, text, at, masked });
    next = withTyping(next, seat, null);
  }
  return { room: next, fresh: true, gap: note.gap };
}

/**
 * @param {Room} room
 * @param {Sent} frame
 * @returns {{ room: Room, gap: boolean }}
 */
export function withSent(room, frame) {
  const note = withNoted(room, room.you.seat, frame.seq);
  const next = withChanges(
    withEntryChanged(note.room, frame.id, { delivery: "sent", why: "", seq: frame.seq }),
    {
      outbox: Object.freeze(room.outbox.filter((item) => item.id !== frame.id)),
      echoes: Object.freeze(room.echoes.filter((echo) => echo.seq !== frame.seq)),
    },
  );
  return { room: withSettledEchoes(next), gap: note.gap };
}

/**
 * Own messages of a replay are either messages in the outbox, which `sent` will name, or older than this page.
 * While any in the outbox may have arrived they wait; then they go into the log.
 *
 * @param {Room} room
 * @returns {Room}
 */
function withSettledEchoes(room) {
  if (room.echoes.length === 0 || room.outbox.some((item) => item.tried)) return room;
  let next = withChanges(room, { echoes: Object.freeze([]) });
  for (const { seq, text, at, masked } of room.echoes) {
    const { seat } = room.you;
    next = withEntry(next, { id: `mine-${seq}`, kind: "mine", who: YOU, seat, seq, text, at, masked });
  }
  return next;
}

/**
 * @param {Room} room
 * @param {string} id
 * @param {string} code
 * @param {string} detail
 * @returns {Room}
 */
export function withFailed(room, id, code, detail) {
  const why = notDelivered(code, detail);
  const refused = code === "refused_text";
  const next = withChanges(withEntryChanged(room, id, { delivery: "failed", why, refused }), {
    outbox: Object.freeze(room.outbox.filter((item) => item.id !== id)),
  });
  return withSettledEchoes(next);
}

/**
 * The end. What the replay showed to have arrived counts as sent, the rest was not delivered.
 *
 * @param {Room} room
 * @param {string} reason
 * @param {Ended["by"]} by
 * @param {number} now
 * @returns {Room}
 */
export function withEnded(room, reason, by, now) {
  let next = room;
  const echoes = [...room.echoes];
  for (const item of room.outbox) {
    const at = item.tried ? echoes.findIndex((echo) => echo.text === item.text) : -1;
    if (at >= 0) echoes.splice(at, 1);
    next =
      at >= 0
        ? withEntryChanged(next, item.id, { delivery: "sent" })
        : withEntryChanged(next, item.id, { delivery: "failed", why: gettext("Not delivered.") });
  }
  next = withChanges(next, { outbox: Object.freeze([]), echoes: Object.freeze(echoes) });
  return withChanges(withSettledEchoes(next), {
    ended: reason,
    endedBy: by,
    endedAt: now,
    live: false,
    typists: Object.freeze({}),
    asking: null,
    typing: false,
    blocking: false,
  });
}
