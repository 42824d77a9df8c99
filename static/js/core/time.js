/** Times and dates in the page's language, as the reader's own country writes them. */

import { locale } from "./gettext.js";

const timeFormat = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const exactFormat = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });

/** @param {number} at milliseconds since 1970 */
export function timeOfDay(at) {
  return timeFormat.format(at);
}

/**
 * The time to the second, with its date.
 *
 * @param {number} at
 */
export function exactTime(at) {
  return exactFormat.format(at);
}
