/**
 * A token bucket as a plain value. The server allows 20 messages at once and then 2 a second; the page stays
 * a little under both, because frames bunch up on the way.
 */

/** @typedef {Readonly<{ tokens: number, at: number }>} Bucket */

export const BURST = 15;
export const PER_SECOND = 1.8;

/**
 * @param {number} now
 * @returns {Bucket}
 */
export function fullBucket(now) {
  return Object.freeze({ tokens: BURST, at: now });
}

/**
 * @param {Bucket} bucket
 * @param {number} now
 * @returns {Bucket}
 */
export function refilled(bucket, now) {
  const seconds = Math.max(0, now - bucket.at) / 1000;
  return Object.freeze({ tokens: Math.min(BURST, bucket.tokens + seconds * PER_SECOND), at: now });
}

/**
 * Return the bucket with one token fewer, or null when there is none to take.
 *
 * @param {Bucket} bucket
 * @param {number} now
 * @returns {Bucket | null}
 */
export function taken(bucket, now) {
  const full = refilled(bucket, now);
  return full.tokens < 1 ? null : Object.freeze({ tokens: full.tokens - 1, at: now });
}

/**
 * Return when the next token is there.
 *
 * @param {Bucket} bucket
 * @returns {number}
 */
export function nextTokenAt(bucket) {
  if (bucket.tokens >= 1) return bucket.at;
  // One millisecond more than exact: a timer must not ring a hair too early for ever.
  return bucket.at + Math.ceil(((1 - bucket.tokens) / PER_SECOND) * 1000) + 1;
}
