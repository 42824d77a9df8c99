/** The time of day, as the reader's own country writes it. */

const format = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

/** @param {number} at milliseconds since 1970 */
export function timeOfDay(at) {
  return format.format(at);
}
