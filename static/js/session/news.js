/** What of a change is news to somebody who does not look at the page. */

/**
 * @import { News } from "../core/phrases.js"
 * @import { Room, State } from "./state.js"
 */

/** Ends that the visitor brought about and knows of. */
const OWN = new Set(["you_left", "blocked", "reported"]);

/**
 * Return what happened, or an empty string. What a reload brings back is no news.
 *
 * @param {State} state
 * @param {State} previous
 * @returns {News | ""}
 */
export function newsOf(state, previous) {
  const { room } = state;
  if (room === null) return "";
  if (state.phase === "talking" && previous.phase === "waiting") {
    return previous.restoring === "talking" ? "" : "met";
  }
  if (state.phase === "ended" && previous.phase === "talking") return OWN.has(room.ended) ? "" : "ended";
  return room.key === previous.room?.key && heard(room) > heard(previous.room) ? "message" : "";
}

/** @param {Room} room */
function heard({ entries, role }) {
  return entries.filter(({ kind }) => kind === "theirs" || (kind === "question" && role === "discuss"))
    .length;
}
