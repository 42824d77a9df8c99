/** What is known of the strangers, seat by seat: their names, who is typing, whose connection dropped. */

import { withChanges } from "./entries.js";

/** @import { Room } from "./state.js" */

/** @param {Room} room */
export function strangerNames(room) {
  return room.strangers.map((stranger) => stranger.name);
}

/** @param {Room} room */
export function typingNames(room) {
  return room.strangers.filter(({ seat }) => room.typists[seat] !== undefined).map(({ name }) => name);
}

/** @param {Room} room */
export function awayNames(room) {
  return room.strangers.filter(({ seat }) => room.away.includes(seat)).map(({ name }) => name);
}

/**
 * @param {Room} room
 * @param {number} seat
 * @param {number | null} until null: not typing any more
 * @returns {Room}
 */
export function withTyping(room, seat, until) {
  const { [seat]: _, ...others } = room.typists;
  return withChanges(room, {
    typists: Object.freeze(until === null ? others : { ...others, [seat]: until }),
  });
}

/**
 * @param {Room} room
 * @param {number} now
 * @returns {Room}
 */
export function withTypingExpired(room, now) {
  const typists = Object.fromEntries(Object.entries(room.typists).filter(([, until]) => now < until));
  return withChanges(room, { typists: Object.freeze(typists) });
}

/**
 * @param {Room} room
 * @param {number} seat
 * @param {boolean} here
 * @returns {Room}
 */
export function withPresence(room, seat, here) {
  const others = room.away.filter((other) => other !== seat);
  if (here) return withChanges(room, { away: Object.freeze(others) });
  return withTyping(withChanges(room, { away: Object.freeze([...others, seat]) }), seat, null);
}
