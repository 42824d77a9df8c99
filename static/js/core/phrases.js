/** Every sentence that the page makes out of what it was told. One place, so that the tone stays the same. */

import { languageName } from "./languages.js";
import { listed } from "./text.js";

/** @import { Role } from "./question.js" */

/**
 * @param {readonly string[]} names
 * @returns {string}
 */
export function greeting(names) {
  return `You're now chatting with ${listed(names)}. Say hi!`;
}

/**
 * What goes on between those who are there: at the head of the conversation.
 *
 * @param {Role} role
 * @param {readonly string[]} names
 * @param {readonly string[]} away whose connection dropped
 * @param {boolean} over
 */
export function goingOn(role, names, away, over) {
  if (over) return role === "ask" ? "You watched two strangers." : `You talked with ${listed(names)}.`;
  if (away.length > 0) return `${listed(away)}'s connection dropped. Waiting for them…`;
  return role === "ask" ? "You're watching two strangers." : greeting(names);
}

/**
 * @param {readonly string[]} names
 */
export function typingNow(names) {
  return names.length > 0 ? `${listed(names)} ${names.length > 1 ? "are" : "is"} typing` : "";
}

/**
 * What is in common, or an empty string: of two who talk; of all three, for who watches.
 *
 * @param {readonly string[]} interests
 * @param {string | null} language
 * @param {Role} [role]
 */
export function inCommon(interests, language, role = "chat") {
  const likes = interests.length > 0 ? [`like ${listed(interests)}`] : [];
  const speaks = language ? [`speak ${languageName(language)}`] : [];
  const both = [...likes, ...speaks];
  if (role !== "ask") return both.map((what) => `You both ${what}.`).join(" ");
  return both.length > 0 ? `You three ${both.join(" and ")}.` : "";
}

/**
 * Who is looked for while waiting. `anyone`: the interests are no condition any more, the languages still are.
 *
 * @param {readonly string[]} interests
 * @param {readonly string[]} languages
 * @param {boolean} anyone
 * @param {Role} [role]
 */
export function lookingFor(interests, languages, anyone, role = "chat") {
  const s = role === "ask" && !(anyone && interests.length > 0) ? "" : "s";
  const likes = interests.length > 0 ? `like${s} ${orListed(interests)}` : "";
  const speaks = languages.length > 0 ? `speak${s} ${orListed(languages.map(languageName))}` : "";
  if (likes && anyone) return `Nobody who ${likes} yet. Taking anyone${speaks && ` who ${speaks}`} now.`;
  const { who, to, none } = SEARCHES[role];
  const wanted = [likes, speaks].filter((part) => part !== "").join(" and ");
  return wanted === "" ? none : `Looking for ${who} who ${wanted}${to}.`;
}

/** @type {Readonly<Record<Role, Readonly<{ head: string, who: string, to: string, none: string }>>>} */
const SEARCHES = Object.freeze({
  chat: {
    head: "Looking for someone to chat with…",
    who: "someone",
    to: "",
    none: "Looking for anyone who wants to talk.",
  },
  ask: {
    head: "Looking for two strangers…",
    who: "two strangers",
    to: " to discuss your question",
    none: "Looking for two strangers to discuss your question.",
  },
  discuss: {
    head: "Looking for someone to discuss with…",
    who: "a question, and someone",
    to: " to discuss it with",
    none: "Looking for a question, and someone to discuss it with.",
  },
});

/**
 * What to do while nobody comes, and how long it may take. Seconds: as the last who met somebody had waited, if known.
 *
 * @param {boolean} choosy there are interests that somebody has to share
 * @param {number | null} seconds
 */
export function waitingHelp(choosy, seconds) {
  const long = seconds === null ? "" : `At the moment people ${waited(seconds)}.`;
  const nobody = choosy ? "Nobody with one of your interests is here yet." : "";
  const advice = choosy
    ? "Take anyone, or stop and add something that more people like."
    : "You can leave this page open: the settings have a sound and a notification for when somebody comes.";
  return [nobody, long, advice].filter((part) => part !== "").join(" ");
}

/** @param {Role} role */
export function searching(role) {
  return SEARCHES[role].head;
}

/** @param {readonly string[]} words */
function orListed(words) {
  return listed(words).replace(/ and ([^,]*)$/u, " or $1");
}

/** @typedef {"left" | "lost" | "you_left" | "moderated" | "idle" | "reset" | "blocked" | "reported" | "reported_question"
 *   | "away" | "checked"} EndReason */

/** @type {Readonly<Record<EndReason, (name: string) => string>>} */
const ENDINGS = Object.freeze({
  left: (name) => `${name} left the conversation.`,
  lost: (name) => `The connection to ${name} was lost and did not come back.`,
  you_left: () => "You left the conversation.",
  moderated: () => "This conversation was ended to keep people safe.",
  checked: () =>
    "A check of your camera ended this conversation. A moderator will look at it; you can go on with others.",
  idle: () => "Nobody wrote anything for a while, so the conversation was closed.",
  reset: () => "The server had to end this conversation. It was nothing you did.",
  blocked: (name) => `You blocked ${name}. You won't meet again.`,
  reported: (name) => `You reported ${name}. You won't meet again.`,
  reported_question: () => "You reported the question. You won't meet whoever asked it again.",
  away: () => "The conversation could not be taken up again, so it is over.",
});

/**
 * How a conversation ended, as a sentence. A reason that this page does not know yet is still an end.
 *
 * @param {string} reason
 * @param {readonly string[]} names
 */
export function ending(reason, names) {
  const sentence = Object.hasOwn(ENDINGS, reason) ? ENDINGS[/** @type {EndReason} */ (reason)] : null;
  return sentence ? sentence(listed(names) || "The stranger") : "The conversation is over.";
}

/**
 * @param {string} code an error code of the protocol
 * @param {string} detail what the server says about it
 */
export function notDelivered(code, detail) {
  switch (code) {
    case "too_fast":
      return "Not sent: that was a little too fast.";
    case "not_in_room":
      return "Not sent: the conversation was over.";
    case "refused_text":
      return detail ? `Not delivered: ${detail}` : "Not delivered: this is not allowed here.";
    default:
      return detail ? `Not sent. ${detail}` : "Not sent.";
  }
}

/**
 * After it was asked to meet the same stranger again. The server never says whether they ask too.
 *
 * @param {readonly string[]} names
 */
export function askedAgain(names) {
  return `If ${listed(names)} presses it too within the minute, you meet again.`;
}

/** @typedef {"met" | "message" | "ended"} News */

/** @type {Readonly<Record<News, string>>} */
const NEWS = Object.freeze({
  met: "You have met somebody.",
  message: "There is a new message.",
  ended: "The conversation is over.",
});

/**
 * What a notification says. Others may see the screen: never who it is or what was written.
 *
 * @param {News} news
 */
export function newsWords(news) {
  return NEWS[news];
}

/** @param {number} count */
export function onlineNow(count) {
  if (count <= 0) return "Nobody else is here yet";
  return count === 1 ? "1 person online" : `${count} people online`;
}

/**
 * Who is in on what, in question mode, or an empty string.
 *
 * @param {Role} role
 * @param {boolean} reading who asked is still there
 * @param {boolean} revealed
 */
export function inOnIt(role, reading, revealed) {
  if (role === "chat") return "";
  if (role === "ask")
    return revealed ? "The strangers see your questions." : "The strangers don't see your questions.";
  if (!reading) return "The reader has left; it's only you two now.";
  return revealed ? "Somebody reads along, and asked:" : "Somebody reads along.";
}

/**
 * The way out of question mode, and whether it is meant.
 *
 * @param {boolean} asks
 */
export function chatInstead(asks) {
  return asks ? "Really leave this conversation?" : "Switch to an ordinary chat";
}

/**
 * What the buttons beside and after a conversation say.
 *
 * @type {Readonly<Record<Role, Readonly<{ again: string, home: string, block: string, sure: string }>>>}
 */
export const BUTTONS = Object.freeze({
  chat: { again: "New stranger", home: "Change interests", block: "Block", sure: "Block for good?" },
  ask: {
    again: "Ask two others",
    home: "Change question",
    block: "Block both",
    sure: "Block both for good?",
  },
  discuss: {
    again: "New discussion",
    home: "Change interests",
    block: "Block",
    sure: "Block the stranger?",
  },
});

/**
 * Who was reported, within a sentence.
 *
 * @param {number | "reader"} about
 * @param {readonly Readonly<{ seat: number, name: string }>[]} strangers
 */
export function reportedName(about, strangers) {
  if (about === "reader") return "the person reading along";
  return strangers.find((stranger) => stranger.seat === about)?.name ?? "the stranger";
}

/**
 * The same as a choice.
 *
 * @param {number | "question" | "reader"} about
 * @param {Role} role
 * @param {readonly Readonly<{ seat: number, name: string }>[]} strangers
 */
export function reportChoice(about, role, strangers) {
  if (about === "question") return "The question";
  if (about === "reader") return "The person reading along";
  return role === "discuss" ? "The stranger I talk with" : reportedName(about, strangers);
}

/**
 * How long who asks and who discusses waits, as far as that is known.
 *
 * @param {Readonly<{ ask: number | null, discuss: number | null, short: "ask" | "discuss" | null }> | null} queues
 */
export function howLong(queues) {
  if (queues === null) return "";
  const ask = queues.ask === null ? "" : `people who ask ${waited(queues.ask)}`;
  const discuss = queues.discuss === null ? "" : `people who discuss ${waited(queues.discuss)}`;
  const both = [ask, discuss].filter((part) => part !== "").join("; ");
  return both && `At the moment ${both}.`;
}

/**
 * Who is missing.
 *
 * @param {"ask" | "discuss" | null} short
 */
export function wanted(short) {
  if (short === null) return "";
  return short === "ask" ? "More questions are wanted." : "More people to discuss are wanted.";
}

/**
 * As the landing page says it: `chat/templatetags/waits.py`.
 *
 * @param {number} seconds
 */
function waited(seconds) {
  if (seconds < 3) return "are taken at once";
  if (seconds < 57.5)
    return `wait about ${seconds < 10 ? Math.round(seconds) : Math.round(seconds / 5) * 5} s`;
  return `wait about ${Math.round(seconds / 60)} min`;
}
