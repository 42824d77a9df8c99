/** How long a claim still holds, in words. Pure. */

/**
 * @param {number} until milliseconds since 1970
 * @param {number} now
 */
export function leaseWords(until, now) {
  const seconds = Math.floor((until - now) / 1000);
  if (seconds <= 0) return "no time";
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min` : `${seconds} s`;
}
