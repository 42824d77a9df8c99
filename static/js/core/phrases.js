/** Every sentence that the page makes out of what it was told. One place, so that the tone stays the same. */

import { gettext, ngettext, language as ours } from "./gettext.js";
import { languageName, primaryTag } from "./languages.js";
import { listed } from "./text.js";

/** @import { Role } from "./question.js" */

/**
 * @param {readonly string[]} names
 * @returns {string}
 */
export function greeting(names) {
  return gettext("You're now chatting with %(names)s. Say hi!", { names: listed(names) });
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
  if (over) {
    return role === "ask"
      ? gettext("You watched two strangers.")
      : gettext("You talked with %(names)s.", { names: listed(names) });
  }
  if (away.length > 0)
    return gettext("%(names)s's connection dropped. Waiting for them…", { names: listed(away) });
  return role === "ask" ? gettext("You're watching two strangers.") : greeting(names);
}

/**
 * @param {readonly string[]} names
 */
export function typingNow(names) {
  if (names.length === 0) return "";
  return ngettext("%(names)s is typing", "%(names)s are typing", names.length, { names: listed(names) });
}

/**
 * What is in common, or an empty string: of two who talk; of all three, for who watches. The language that the page
 * is in goes without saying.
 *
 * @param {readonly string[]} interests
 * @param {string | null} language
 * @param {Role} [role]
 */
export function inCommon(interests, language, role = "chat") {
  const values = { interests: listed(interests), language: language ? languageName(language) : "" };
  const like = interests.length > 0;
  const speak = language !== null && language !== "" && language !== primaryTag(ours);
  if (role === "ask") {
    if (like && speak) return gettext("You three like %(interests)s and speak %(language)s.", values);
    if (like) return gettext("You three like %(interests)s.", values);
    return speak ? gettext("You three speak %(language)s.", values) : "";
  }
  return sentences(
    like && gettext("You both like %(interests)s.", values),
    speak && gettext("You both speak %(language)s.", values),
  );
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
  const values = {
    interests: listed(interests, "disjunction"),
    languages: listed(languages.map(languageName), "disjunction"),
  };
  const like = interests.length > 0;
  const speak = languages.length > 0;
  if (like && anyone) {
    return speak
      ? gettext("Nobody who likes %(interests)s yet. Taking anyone who speaks %(languages)s now.", values)
      : gettext("Nobody who likes %(interests)s yet. Taking anyone now.", values);
  }
  const search = SEARCHES[role];
  if (like && speak) return search.both(values);
  if (like) return search.like(values);
  return speak ? search.speak(values) : search.none;
}

/** @typedef {Readonly<{ interests: string, languages: string }>} Wanted */
/** @typedef {(wanted: Wanted) => string} Search */

/**
 * @type {Readonly<Record<Role, Readonly<{ head: string, none: string, like: Search, speak: Search, both: Search }>>>}
 */
const SEARCHES = Object.freeze({
  chat: {
    head: gettext("Looking for someone to chat with…"),
    none: gettext("Looking for anyone who wants to talk."),
    like: (wanted) => gettext("Looking for someone who likes %(interests)s.", wanted),
    speak: (wanted) => gettext("Looking for someone who speaks %(languages)s.", wanted),
    both: (wanted) =>
      gettext("Looking for someone who likes %(interests)s and speaks %(languages)s.", wanted),
  },
  ask: {
    head: gettext("Looking for two strangers…"),
    none: gettext("Looking for two strangers to discuss your question."),
    like: (wanted) =>
      gettext("Looking for two strangers who like %(interests)s to discuss your question.", wanted),
    speak: (wanted) =>
      gettext("Looking for two strangers who speak %(languages)s to discuss your question.", wanted),
    both: (wanted) =>
      gettext(
        "Looking for two strangers who like %(interests)s and speak %(languages)s to discuss your question.",
        wanted,
      ),
  },
  discuss: {
    head: gettext("Looking for someone to discuss with…"),
    none: gettext("Looking for a question, and someone to discuss it with."),
    like: (wanted) =>
      gettext("Looking for a question, and someone who likes %(interests)s to discuss it with.", wanted),
    speak: (wanted) =>
      gettext("Looking for a question, and someone who speaks %(languages)s to discuss it with.", wanted),
    both: (wanted) =>
      gettext(
        "Looking for a question, and someone who likes %(interests)s and speaks %(languages)s to discuss it with.",
        wanted,
      ),
  },
});

/**
 * What to do while nobody comes, and how long it may take. Seconds: as the last who met somebody had waited, if known.
 *
 * @param {boolean} choosy there are interests that somebody has to share
 * @param {number | null} seconds
 */
export function waitingHelp(choosy, seconds) {
  const wait = waited(seconds);
  return sentences(
    choosy && gettext("Nobody with one of your interests is here yet."),
    wait === AT_ONCE && gettext("At the moment people are taken at once."),
    typeof wait === "string" && gettext("At the moment people wait about %(wait)s.", { wait }),
    choosy
      ? gettext("Take anyone, or stop and add something that more people like.")
      : gettext(
          "You can leave this page open: the settings have a sound and a notification for when somebody comes.",
        ),
  );
}

/**
 * Until when only those with the same interests are taken.
 *
 * @param {number} seconds
 */
export function relaxesIn(seconds) {
  // Translators: seconds, counted down.
  return gettext("Taking anyone in %(seconds)s s.", { seconds });
}

/** @param {Role} role */
export function searching(role) {
  return SEARCHES[role].head;
}

/** @typedef {"left" | "lost" | "you_left" | "moderated" | "idle" | "reset" | "blocked" | "blocked_both" | "reported"
 *   | "reported_reader" | "reported_question" | "away" | "checked"} EndReason */

/** @type {Readonly<Record<EndReason, (name: string) => string>>} the name: empty where it is not known */
const ENDINGS = Object.freeze({
  left: (name) =>
    name
      ? gettext("%(name)s left the conversation.", { name })
      : gettext("The stranger left the conversation."),
  lost: (name) =>
    name
      ? gettext("The connection to %(name)s was lost and did not come back.", { name })
      : gettext("The connection to the stranger was lost and did not come back."),
  you_left: () => gettext("You left the conversation."),
  moderated: () => gettext("This conversation was ended to keep people safe."),
  checked: () =>
    gettext(
      "A check of your camera ended this conversation. A moderator will look at it; you can go on with others.",
    ),
  idle: () => gettext("Nobody wrote anything for a while, so the conversation was closed."),
  reset: () => gettext("The server had to end this conversation. It was nothing you did."),
  blocked: (name) =>
    name
      ? gettext("You blocked %(name)s. You won't meet again.", { name })
      : gettext("You blocked the stranger. You won't meet again."),
  blocked_both: () => gettext("You blocked both strangers. You won't meet again."),
  reported: (name) =>
    name
      ? gettext("You reported %(name)s. You won't meet again.", { name })
      : gettext("You reported the stranger. You won't meet again."),
  reported_reader: () => gettext("You reported the person reading along. You won't meet again."),
  reported_question: () => gettext("You reported the question. You won't meet whoever asked it again."),
  away: () => gettext("The conversation could not be taken up again, so it is over."),
});

/**
 * How a conversation ended, as a sentence. A reason that this page does not know yet is still an end.
 *
 * @param {string} reason
 * @param {readonly string[]} names
 */
export function ending(reason, names) {
  const sentence = Object.hasOwn(ENDINGS, reason) ? ENDINGS[/** @type {EndReason} */ (reason)] : null;
  return sentence ? sentence(listed(names)) : gettext("The conversation is over.");
}

/**
 * @param {string} code an error code of the protocol
 * @param {string} detail what the server says about it
 */
export function notDelivered(code, detail) {
  switch (code) {
    case "too_fast":
      return gettext("Not sent: that was a little too fast.");
    case "not_in_room":
      return gettext("Not sent: the conversation was over.");
    case "stalled":
      return gettext("Not sent. The server did not confirm it.");
    case "refused_text":
      return detail
        ? gettext("Not delivered: %(detail)s", { detail })
        : gettext("Not delivered: this is not allowed here.");
    default:
      return detail ? gettext("Not sent. %(detail)s", { detail }) : gettext("Not sent.");
  }
}

/**
 * After it was asked to meet the same stranger again. The server never says whether they ask too.
 *
 * @param {readonly string[]} names
 */
export function askedAgain(names) {
  return gettext("You meet again if %(names)s also presses “Meet again” within a minute.", {
    names: listed(names),
  });
}

/** @typedef {"met" | "message" | "ended"} News */

/** @type {Readonly<Record<News, string>>} */
const NEWS = Object.freeze({
  met: gettext("You have met somebody."),
  message: gettext("There is a new message."),
  ended: gettext("The conversation is over."),
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
  if (count <= 0) return gettext("Nobody else is here yet");
  return ngettext("%(count)s person online", "%(count)s people online", count);
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
  if (role === "ask") {
    return revealed
      ? gettext("The strangers see your questions.")
      : gettext("The strangers don't see your questions.");
  }
  if (!reading) return gettext("The reader has left; it's only you two now.");
  return revealed ? gettext("Somebody reads along, and asked:") : gettext("Somebody reads along.");
}

/**
 * The way out of question mode, and whether it is meant.
 *
 * @param {boolean} asks
 */
export function chatInstead(asks) {
  return asks ? gettext("Really leave this conversation?") : gettext("Switch to an ordinary chat");
}

/**
 * What the buttons beside and after a conversation say.
 *
 * @type {Readonly<Record<Role, Readonly<{ again: string, home: string, block: string, sure: string }>>>}
 */
export const BUTTONS = Object.freeze({
  chat: {
    again: gettext("New stranger"),
    home: gettext("Change interests"),
    // Translators: on a button: never meet this stranger again.
    block: gettext("Block"),
    sure: gettext("Block for good?"),
  },
  ask: {
    again: gettext("Ask two others"),
    home: gettext("Change question"),
    block: gettext("Block both"),
    sure: gettext("Block both for good?"),
  },
  discuss: {
    again: gettext("New discussion"),
    home: gettext("Change interests"),
    block: gettext("Block"),
    sure: gettext("Block the stranger?"),
  },
});

/**
 * Who or what a report can be about, as a choice.
 *
 * @param {number | "question" | "reader"} about
 * @param {Role} role
 * @param {readonly Readonly<{ seat: number, name: string }>[]} strangers
 */
export function reportChoice(about, role, strangers) {
  if (about === "question") return gettext("The question");
  if (about === "reader") return gettext("The person reading along");
  if (role === "discuss") return gettext("The stranger I talk with");
  return strangers.find((stranger) => stranger.seat === about)?.name ?? gettext("The stranger");
}

/**
 * How long who asks and who discusses waits, as far as that is known.
 *
 * @param {Readonly<{ ask: number | null, discuss: number | null, short: "ask" | "discuss" | null }> | null} queues
 */
export function howLong(queues) {
  const ask = waited(queues?.ask ?? null);
  const discuss = waited(queues?.discuss ?? null);
  if (ask === null) {
    if (discuss === null) return "";
    if (discuss === AT_ONCE) return gettext("At the moment people who discuss are taken at once.");
    return gettext("At the moment people who discuss wait about %(discuss)s.", { discuss });
  }
  if (ask === AT_ONCE) {
    if (discuss === null) return gettext("At the moment people who ask are taken at once.");
    if (discuss === AT_ONCE) {
      return gettext("At the moment both people who ask and people who discuss are taken at once.");
    }
    return gettext(
      "At the moment people who ask are taken at once; people who discuss wait about %(discuss)s.",
      { discuss },
    );
  }
  if (discuss === null) return gettext("At the moment people who ask wait about %(ask)s.", { ask });
  if (discuss === AT_ONCE) {
    return gettext("At the moment people who ask wait about %(ask)s; people who discuss are taken at once.", {
      ask,
    });
  }
  return gettext(
    "At the moment people who ask wait about %(ask)s; people who discuss wait about %(discuss)s.",
    { ask, discuss },
  );
}

/**
 * Who is missing.
 *
 * @param {"ask" | "discuss" | null} short
 */
export function wanted(short) {
  if (short === null) return "";
  return short === "ask"
    ? gettext("More questions are wanted.")
    : gettext("More people are wanted to discuss questions.");
}

const AT_ONCE = Symbol("at once");

/**
 * As the landing page says it: `chat/templatetags/waits.py`.
 *
 * @param {number | null} seconds
 */
function waited(seconds) {
  if (seconds === null) return null;
  if (seconds < 3) return AT_ONCE;
  if (seconds < 57.5) {
    const round = seconds < 10 ? Math.round(seconds) : Math.round(seconds / 5) * 5;
    // Translators: a duration in seconds, as in “wait about 20 s”.
    return gettext("%(count)s s", { count: round });
  }
  // Translators: a duration in minutes, as in “wait about 2 min”.
  return gettext("%(count)s min", { count: Math.round(seconds / 60) });
}

/** @param {(string | false)[]} all */
function sentences(...all) {
  return all.filter((sentence) => sentence !== "" && sentence !== false).join(" ");
}
