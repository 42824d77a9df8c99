/**
 * Which numbers of a seat have been seen. The server counts each seat's messages 1, 2, 3 … without a gap, so a
 * number seen before is a repetition and a number too high says that something was missed.
 */

/** @typedef {Readonly<{ upto: number, ahead: readonly number[] }>} Track */
/** @typedef {Readonly<Record<string, Track>>} Tracks */

/** @type {Track} */
const NOTHING = Object.freeze({ upto: 0, ahead: Object.freeze([]) });

/**
 * Note a number. `jump` allows it to be too high: after a resume the replay may start later than asked for.
 *
 * @param {Tracks} tracks
 * @param {number} seat
 * @param {number} seq
 * @param {boolean} [jump]
 * @returns {{ tracks: Tracks, fresh: boolean, gap: boolean }}
 */
export function noted(tracks, seat, seq, jump = false) {
  const track = tracks[seat] ?? NOTHING;
  if (seq <= track.upto || track.ahead.includes(seq)) return { tracks, fresh: false, gap: false };
  const gap = seq > track.upto + 1;
  let upto = gap && jump ? seq : track.upto;
  const ahead = new Set([...track.ahead, seq]);
  while (ahead.has(upto + 1)) upto += 1;
  const rest = [...ahead].filter((number) => number > upto);
  const next = Object.freeze({ upto, ahead: Object.freeze(rest) });
  return { tracks: Object.freeze({ ...tracks, [seat]: next }), fresh: true, gap };
}

/**
 * Return the highest gapless number of each seat, as `hello.seen` wants it: never more than is really here.
 *
 * @param {Tracks} tracks
 * @returns {Record<string, number>}
 */
export function seenOf(tracks) {
  /** @type {Record<string, number>} */
  const seen = {};
  for (const [seat, track] of Object.entries(tracks)) if (track.upto > 0) seen[seat] = track.upto;
  return seen;
}
