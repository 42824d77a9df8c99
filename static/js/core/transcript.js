/** The conversation as a text file, made in the browser: nothing is asked of the server. */

import { gettext, ngettext } from "./gettext.js";
import { listed } from "./text.js";

/**
 * @typedef {object} Line
 * @property {"" | "*" | "?"} mark a note, or a question that was asked here
 * @property {string} who
 * @property {string} text
 * @property {number} at
 * @property {boolean} delivered
 */

/**
 * @param {object} talk
 * @param {string} talk.site
 * @param {string} talk.me
 * @param {readonly string[]} talk.strangers
 * @param {readonly string[]} talk.common what both like
 * @param {string} [talk.question] what was asked first
 * @param {readonly Line[]} talk.lines
 * @param {string} talk.end the sentence that says how it ended, or nothing
 * @returns {string}
 */
export function transcriptText({ site, me, strangers, common, question = "", lines, end }) {
  const first = lines[0];
  const head = [gettext("A conversation on %(site)s", { site })];
  if (first) head.push(gettext("%(date)s, times are local", { date: day(first.at) }));
  const names = listed(strangers, "unit");
  head.push(
    gettext("You: %(name)s", { name: me }),
    ngettext("Stranger: %(names)s", "Strangers: %(names)s", strangers.length, { names }),
  );
  if (question) head.push(gettext("Question: %(question)s", { question: indented(question) }));
  if (common.length > 0)
    head.push(gettext("In common: %(interests)s", { interests: listed(common, "unit") }));
  const body = lines.map((line) => {
    const text = indented(line.text);
    if (line.mark) return `[${time(line.at)}] ${line.mark} ${text}`;
    const said = line.delivered ? text : gettext("%(text)s (not delivered)", { text });
    return `[${time(line.at)}] ${line.who}: ${said}`;
  });
  return `${[...head, "", ...body, ...(end ? ["", end] : [])].join("\n")}\n`;
}

/** @param {string} text */
function indented(text) {
  return text.replace(/\r?\n/gu, "\n        ");
}

/**
 * @param {string} site
 * @param {number} at
 */
export function transcriptName(site, at) {
  const word =
    site
      .toLowerCase()
      .replace(/[^a-z0-9]+/gu, "-")
      .replace(/^-|-$/gu, "") || "chat";
  return `${word}-${day(at)}-${time(at).replaceAll(":", "")}.txt`;
}

/** @param {number} at */
function day(at) {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** @param {number} at */
function time(at) {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** @param {number} number */
function two(number) {
  return String(number).padStart(2, "0");
}
