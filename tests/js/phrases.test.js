/** Everything the page can say, in a made-up language from right to left that turns each sentence around. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

/** Capitals, the words and the places in the other order. */
const turned = (/** @type {string} */ message) =>
  message
    .split(/(%\(\w+\)s|\s+)/u)
    .reverse()
    .map((part) => (part.startsWith("%(") ? part : part.toUpperCase()))
    .join("");

// Before the modules, as the page's own words are.
Object.assign(globalThis, {
  document: { documentElement: { lang: "ar", dir: "rtl" } },
  django: {
    gettext: turned,
    pgettext: (/** @type {string} */ _, /** @type {string} */ message) => turned(message),
    ngettext: (/** @type {string} */ _, /** @type {string} */ many) => turned(many),
  },
});
const core = "../../static/js/core";
const { gettext, language, locale, ngettext, pgettext } = await import(`${core}/gettext.js`);
const phrases = await import(`${core}/phrases.js`);
const calls = await import(`${core}/call-phrases.js`);
const { listed, roomLeft } = await import(`${core}/text.js`);
const { questionLength } = await import(`${core}/question.js`);
const { transcriptText } = await import(`${core}/transcript.js`);
const { EMOJI } = await import(`${core}/emoji.js`);
const { INTERESTS } = await import(`${core}/interests.js`);
const { exactTime } = await import(`${core}/time.js`);
const { choicesOf } = await import("../../static/js/call/devices.js");

const FSI = "\u2068";
const PDI = "\u2069";
const bare = (/** @type {string} */ text) => text.replaceAll(FSI, "").replaceAll(PDI, "");

describe("a message", () => {
  test("is the catalogue's, with every value in its place and kept apart", () => {
    assert.equal(
      gettext("%(name)s met %(other)s, %(unknown)s.", { name: "a%(other)s", other: "$&" }),
      `.%(unknown)s ,${FSI}$&${PDI} MET ${FSI}a%(other)s${PDI}`,
    );
    assert.equal(pgettext("a context", "New"), "NEW");
  });

  test("has its numbers as the language writes them", () => {
    const number = new Intl.NumberFormat("ar").format(1234);
    assert.equal(ngettext("%(count)s thing", "%(count)s things", 1234), `THINGS ${FSI}${number}${PDI}`);
  });

  test("lists and dates are those of the language of the page", () => {
    assert.deepEqual([language, locale], ["ar", "ar"]);
    const lists = new Intl.ListFormat("ar", { type: "disjunction" });
    assert.equal(bare(listed(["α", "β", "γ"], "disjunction")), lists.format(["α", "β", "γ"]));
    assert.match(exactTime(0), /\p{Script=Arabic}/u);
  });
});

const names = ["Ω", "Ψ"];
const roles = /** @type {const} */ (["chat", "ask", "discuss"]);
const both = [false, true];
const waits = [null, 1, 20, 300];
const strangers = [{ seat: 1, name: "Ω" }];
const reasons =
  "left lost you_left moderated checked idle reset blocked blocked_both reported reported_reader reported_question " +
  "away unknown";

/** @type {Record<string, string[]>} what the page says, by who says it */
const said = {
  greeting: [phrases.greeting(["Ω"])],
  goingOn: roles.flatMap((role) =>
    [[], ["Ω"]].flatMap((away) => both.map((over) => phrases.goingOn(role, names, away, over))),
  ),
  typingNow: [["Ω"], names].map(phrases.typingNow),
  inCommon: roles.flatMap((role) => [
    phrases.inCommon(names, null, role),
    phrases.inCommon([], "ja", role),
    phrases.inCommon(names, "ja", role),
  ]),
  lookingFor: roles.flatMap((role) =>
    both.flatMap((anyone) =>
      [[], names].flatMap((likes) =>
        [[], ["ja", "ko"]].map((speaks) => phrases.lookingFor(likes, speaks, anyone, role)),
      ),
    ),
  ),
  searching: roles.map(phrases.searching),
  waitingHelp: both.flatMap((choosy) => waits.map((wait) => phrases.waitingHelp(choosy, wait))),
  relaxesIn: [phrases.relaxesIn(9)],
  ending: reasons.split(" ").flatMap((reason) => [[], ["Ω"]].map((name) => phrases.ending(reason, name))),
  notDelivered: ["too_fast", "not_in_room", "stalled", "refused_text", "unknown"].flatMap((code) =>
    ["", "Σ."].map((detail) => phrases.notDelivered(code, detail)),
  ),
  askedAgain: [phrases.askedAgain(["Ω"])],
  newsWords: ["met", "message", "ended"].map(phrases.newsWords),
  onlineNow: [0, 1, 5].map(phrases.onlineNow),
  inOnIt: [
    phrases.inOnIt("ask", true, true),
    phrases.inOnIt("ask", true, false),
    phrases.inOnIt("discuss", true, true),
    phrases.inOnIt("discuss", true, false),
    phrases.inOnIt("discuss", false, false),
  ],
  chatInstead: both.map(phrases.chatInstead),
  BUTTONS: roles.flatMap((role) => Object.values(phrases.BUTTONS[role])),
  reportChoice: [1, 7, "question", "reader"].flatMap((about) =>
    roles.map((role) => phrases.reportChoice(about, role, strangers)),
  ),
  howLong: waits
    .flatMap((ask) => waits.map((discuss) => phrases.howLong({ ask, discuss, short: null })))
    .filter((words) => words !== ""),
  wanted: ["ask", "discuss"].map(phrases.wanted),
  callLine: [
    { phase: "ended" },
    ...["failed", "weak", "declined", "unsafe"].map((reason) => ({ phase: "ended", reason })),
    { consent: "asked" },
    { phase: "acquiring" },
    { phase: "negotiating" },
    { phase: "negotiating", permitted: true },
    { phase: "recovering" },
    { shown: false },
    { shown: false, theirs: { shown: true, camera: true } },
    { theirs: { shown: false, camera: true } },
    { theirs: { shown: true, camera: false } },
  ].map((call) =>
    calls.callLine({
      phase: "connected",
      reason: "",
      consent: "unneeded",
      permitted: false,
      shown: true,
      theirs: { shown: false, camera: false },
      ...call,
    }),
  ),
  betweenCalls: [calls.betweenCalls(false, false), calls.betweenCalls(true, true)],
  deviceProblem: ["denied", "missing", "busy", "lost", "unsupported"].flatMap((trouble) =>
    ["camera", "microphone", "both"].map((kind) => calls.deviceProblem({ kind, trouble })),
  ),
  connectionGrade: ["good", "fair", "poor"].map(calls.connectionGrade),
  videoNote: ["off", "direct"]
    .map(calls.videoNote)
    // The names of settings are the same everywhere.
    .map((words) => words.replace(/TURN_\w+/gu, "")),
  nextIn: [calls.nextIn(3)],
  roomLeft: [-3, 3].map(roomLeft),
  questionLength: ["", "Ω", "Ω".repeat(20), "Ω".repeat(203)].map((text) => questionLength(text, 200).words),
  choicesOf: choicesOf([{ deviceId: "1", kind: "videoinput", label: "" }], "camera").map(
    ({ label }) => label,
  ),
  transcriptText: transcriptText({
    site: "Ω",
    me: "Ψ",
    strangers: names,
    common: ["α"],
    question: "Σ?",
    lines: [
      { mark: "", who: "Ω", text: "Σ", at: 0, delivered: false },
      { mark: "*", who: "", text: "Σ", at: 0, delivered: true },
    ],
    end: "Σ.",
  }).split(/\n+/u),
  EMOJI: EMOJI.map((/** @type {readonly string[]} */ [, name]) => name ?? ""),
  INTERESTS: [...INTERESTS],
};

describe("every sentence", () => {
  for (const [who, all] of Object.entries(said)) {
    test(`of ${who} is whole and translated`, () => {
      assert.ok(all.length > 0);
      for (const words of all) {
        assert.doesNotMatch(words, /[a-z]|%\(|undefined/u);
        assert.equal(words.split(FSI).length, words.split(PDI).length, "what is opened is closed");
      }
    });
  }

  test("that the modules of phrases have is here", () => {
    const makers = [...Object.keys(phrases), ...Object.keys(calls)].filter((name) => name !== "DIRECT");
    assert.deepEqual(
      makers.filter((name) => !Object.hasOwn(said, name)),
      [],
    );
  });
});
