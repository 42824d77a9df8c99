/** Question mode: one asks, two strangers discuss, who asked watches. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  BUTTONS,
  chatInstead,
  goingOn,
  howLong,
  inCommon,
  inOnIt,
  lookingFor,
  searching,
  typingNow,
  wanted,
} from "../../static/js/core/phrases.js";
import { asQuestion, QUESTION_LEAST, questionLength } from "../../static/js/core/question.js";
import { transcriptText } from "../../static/js/core/transcript.js";
import { DEFAULT_LIMITS, readFrame } from "../../static/js/net/frames.js";
import { statusFrom } from "../../static/js/net/status-poll.js";
import { STALL_MS } from "../../static/js/session/room.js";
import { awayNames, typingNames } from "../../static/js/session/seats.js";
import { endSentence, placeFrom, placeOf } from "../../static/js/session/selectors.js";
import { REALLY_MS } from "../../static/js/session/turn.js";
import { ASK, createStage, DISCUSS, DISCUSSING, WATCHING } from "./support/stage.js";

const QUESTION = { type: "question", room: "r1", n: 1, text: "Why?", at: "2025-01-02T03:04:05Z", after: {} };
/** A page that was loaded again in this place. */
const again = (before, matched) => {
  const stage = createStage();
  stage.do("restore", { place: placeFrom(JSON.parse(JSON.stringify(placeOf(before.state)))) });
  stage.welcome({ resumed: true });
  if (matched) stage.socket.say(matched);
  return stage;
};
const types = (stage) => stage.socket.sent.map((frame) => frame.type);
const ended = (stage, reason, by = null) => stage.socket.say({ type: "ended", room: "r1", reason, by });

describe("a question", () => {
  test("is one line without ends", () => {
    assert.equal(asQuestion("  What would\nyou \t take? "), "What would you take?");
  });

  test("has as many code points as the server takes", () => {
    const protocol = readFileSync(new URL("../../chat/protocol.py", import.meta.url), "utf8");
    const [, least, most] = /^QUESTION_CHARS: Final = \((\d+), (\d+)\)$/mu.exec(protocol) ?? [];
    assert.deepEqual([Number(least), Number(most)], [QUESTION_LEAST, DEFAULT_LIMITS.question_chars]);
    const fits = (/** @type {string} */ text) => questionLength(text, 200).fits;
    assert.deepEqual(
      [9, 10, 200, 201].map((count) => fits("🎷".repeat(count))),
      [false, true, true, false],
    );
    assert.equal(fits(` ${"x".repeat(9)} `), false);
  });

  test("says what is missing, left or too much", () => {
    assert.deepEqual(
      ["", "Why?", "x".repeat(10), "x".repeat(203)].map((text) => questionLength(text, 200).words),
      ["10 to 200 characters", "6 more to go", "190 left", "3 too many"],
    );
    assert.equal(questionLength("x".repeat(201), 200).over, true);
  });
});

describe("the words", () => {
  test("who is looked for", () => {
    assert.equal(lookingFor([], [], false, "ask"), "Looking for two strangers to discuss your question.");
    assert.equal(
      lookingFor(["jazz"], ["de"], false, "ask"),
      "Looking for two strangers who like jazz and speak Deutsch to discuss your question.",
    );
    assert.equal(lookingFor(["jazz"], [], true, "ask"), "Nobody who likes jazz yet. Taking anyone now.");
    assert.equal(
      lookingFor([], ["de"], true, "ask"),
      "Looking for two strangers who speak Deutsch to discuss your question.",
    );
    assert.equal(
      lookingFor(["jazz"], [], false, "discuss"),
      "Looking for a question, and someone who likes jazz to discuss it with.",
    );
    assert.equal(new Set(["chat", "ask", "discuss"].map(searching)).size, 3);
  });

  test("what goes on, who is away, who is typing", () => {
    const names = ["Stranger 1", "Stranger 2"];
    assert.equal(goingOn("ask", names, [], false), "You're watching two strangers.");
    assert.equal(
      goingOn("ask", names, ["Stranger 2"], false),
      "Stranger 2's connection dropped. Waiting for them…",
    );
    assert.equal(goingOn("ask", names, [], true), "You watched two strangers.");
    assert.equal(
      goingOn("discuss", ["Quiet Otter"], [], false),
      "You're now chatting with Quiet Otter. Say hi!",
    );
    assert.equal(goingOn("discuss", ["Quiet Otter"], [], true), "You talked with Quiet Otter.");
    assert.deepEqual([[], ["Stranger 1"], names].map(typingNow), [
      "",
      "Stranger 1 is typing",
      "Stranger 1 and Stranger 2 are typing",
    ]);
  });

  test("what is in common: of the two who talk, of all three for who watches", () => {
    assert.equal(inCommon(["jazz"], null, "discuss"), "You both like jazz.");
    assert.equal(inCommon(["jazz", "tea"], "de", "ask"), "You three like jazz and tea and speak Deutsch.");
    assert.equal(inCommon([], null, "ask"), "");
  });

  test("who is in on what", () => {
    assert.equal(inOnIt("chat", false, false), "");
    assert.equal(inOnIt("ask", false, false), "The strangers don't see your questions.");
    assert.equal(inOnIt("ask", false, true), "The strangers see your questions.");
    assert.equal(inOnIt("discuss", true, false), "Somebody reads along.");
    assert.equal(inOnIt("discuss", true, true), "Somebody reads along, and asked:");
    assert.equal(inOnIt("discuss", false, true), "The reader has left; it's only you two now.");
  });

  test("what the buttons do", () => {
    assert.deepEqual(
      Object.values(BUTTONS).map(({ again, sure }) => [again, sure]),
      [
        ["New stranger", "Block for good?"],
        ["Ask two others", "Block both for good?"],
        ["New discussion", "Block the stranger?"],
      ],
    );
    assert.deepEqual([false, true].map(chatInstead), [
      "Switch to an ordinary chat",
      "Really leave this conversation?",
    ]);
  });

  test("how long either side waits, as far as it is known, and who is missing, as the landing page says it", () => {
    const waits = JSON.parse(readFileSync(new URL("../contract/waits.json", import.meta.url), "utf8"));
    assert.equal(howLong(null), "");
    for (const { says, ...queues } of waits.queues) assert.equal(howLong({ ...queues, short: null }), says);
    for (const { says, short } of waits.short) assert.equal(wanted(short), says);
  });
});

describe("what the server says of the queues", () => {
  const spy = { ask_seconds: 20, discuss_seconds: null, short: "discuss" };

  test("is read with the number of those online", () => {
    assert.deepEqual(statusFrom({ online: 3, waiting: {}, spy, waits: { text: 8, video: null } }), {
      online: 3,
      queues: { ask: 20, discuss: null, short: "discuss" },
      waits: { text: 8, video: null },
    });
    assert.deepEqual(statusFrom({ online: 3, waits: "soon" }), {
      online: 3,
      queues: null,
      waits: { text: null, video: null },
    });
  });

  test("may be anything", () => {
    for (const junk of [null, 7, "x", {}, { online: "3" }]) assert.equal(statusFrom(junk), null);
    assert.deepEqual(statusFrom({ online: 1, spy: { ask_seconds: "1", short: "both" } })?.queues, {
      ask: null,
      discuss: null,
      short: null,
    });
  });

  test("is kept for the start", () => {
    const stage = createStage();
    stage.do("status", { status: statusFrom({ online: 3, spy }) });
    assert.deepEqual([stage.state.online, stage.state.queues?.short], [3, "discuss"]);
  });
});

describe("the frames", () => {
  test("a question and a reader are read; without what makes them one they are not", () => {
    for (const frame of [QUESTION, { type: "reader", room: "r1", present: false }]) {
      assert.deepEqual(readFrame(JSON.stringify(frame)), frame);
      for (const field of Object.keys(frame))
        assert.equal(readFrame(JSON.stringify({ ...frame, [field]: null })), null, field);
    }
  });
});

describe("looking", () => {
  test("who asks says the question and whether it is shown", () => {
    const stage = createStage();
    stage.do("find", { wish: ASK });
    stage.welcome();
    const [find] = stage.socket.ofType("find");
    assert.deepEqual(find, { type: "find", ...ASK, ref: find.ref });
  });

  test("who discusses says no question", () => {
    const stage = createStage().discuss();
    const [find] = stage.socket.ofType("find");
    assert.deepEqual(find, { type: "find", ...DISCUSS, ref: find.ref });
  });

  for (const [code, text, more] of [
    ["bad_question", "Not that one.", {}],
    ["refused_text", "Against the rules, in whatever language.", { field: "question" }],
  ]) {
    test(`${code} goes back to the start, to the question`, () => {
      const stage = createStage();
      stage.do("find", { wish: ASK });
      stage.welcome();
      stage.error(code, stage.socket.ofType("find")[0].ref, text, more);
      assert.equal(stage.state.phase, "idle");
      assert.deepEqual(stage.state.fieldProblem, { field: "question", text });
      assert.equal(stage.state.wish?.question, ASK.question, "it can be changed");
      stage.do("find", { wish: ASK });
      assert.equal(stage.state.fieldProblem, null);
    });
  }

  test("a bad or a refused interest is about the interests, whoever looks", () => {
    for (const code of ["bad_interest", "refused_text"]) {
      const stage = createStage();
      stage.do("find", { wish: ASK });
      stage.welcome();
      const text = "An interest is against the rules.";
      stage.error(code, stage.socket.ofType("find")[0].ref, text);
      assert.deepEqual(stage.state.fieldProblem, { field: "interests", text });
    }
  });

  test("a place in the queue is found again after a reload, with all of the wish", () => {
    for (const wish of [{ ...ASK, reveal: true }, DISCUSS]) {
      const before = createStage();
      before.do("find", { wish });
      before.welcome();
      before.waiting({ role: wish.role });
      const stage = again(before);
      assert.deepEqual(stage.state.wish, wish);
      stage.waiting({ role: wish.role });
      assert.equal(stage.state.phase, "waiting");
      // The place is lost in the next moment: it is looked for anew.
      stage.socket.drop();
      stage.clock.pass(5_000);
      stage.welcome({ resumed: false });
      const [find] = stage.socket.ofType("find");
      assert.deepEqual(find, { type: "find", ...wish, ref: find.ref });
    }
  });

  test("a remembered wish may be anything", () => {
    const wishOf = (wish) => placeFrom({ resume: "t", epoch: "e", phase: "waiting", wish })?.wish;
    assert.equal(wishOf({ ...ASK, question: 7 }), null);
    assert.equal(wishOf({ ...ASK, role: "spy" }), null);
    assert.deepEqual(wishOf({ ...ASK, reveal: "yes" }), { ...ASK, reveal: false });
    assert.deepEqual(wishOf({ ...DISCUSS, question: "Of somebody else?" }), DISCUSS);
  });

  test("nothing of a question is remembered without a place", () => {
    const stage = createStage().watch();
    assert.equal(placeOf(stage.state)?.wish?.question, ASK.question);
    ended(stage, "left", 1);
    assert.equal(placeOf(stage.state), null);
  });
});

describe("watching", () => {
  test("both strangers are there, the question and whether they see it", () => {
    for (const reveal of [true, false]) {
      const { room } = createStage().watch({ ...ASK, reveal }).state;
      assert.deepEqual([room?.role, room?.question, room?.revealed], ["ask", ASK.question, reveal]);
      assert.deepEqual(
        room?.strangers.map(({ name }) => name),
        ["Stranger 1", "Stranger 2"],
      );
    }
  });

  test("the own question stays as it was written, also through a reload", () => {
    const covered = { ...WATCHING, question: "What would you *** to an island?" };
    const stage = createStage().watch();
    stage.socket.drop();
    stage.resume({}, covered);
    assert.equal(stage.state.room?.question, ASK.question);
    ended(stage, "left", 1);
    stage.do("again");
    stage.waiting({ role: "ask" });
    stage.socket.say({ ...covered, room: "r2" });
    assert.deepEqual([stage.state.room?.id, stage.state.room?.question], ["r2", ASK.question]);
    assert.equal(again(stage, { ...covered, room: "r2" }).state.room?.question, ASK.question);
  });

  test("what each says has a name and a seat", () => {
    const stage = createStage().watch();
    stage.said(1, 1, "hi");
    stage.said(2, 1, "hello");
    assert.deepEqual(
      stage.state.room?.entries.map(({ kind, seat, who, text }) => [kind, seat, who, text]),
      [
        ["theirs", 1, "Stranger 1", "hi"],
        ["theirs", 2, "Stranger 2", "hello"],
      ],
    );
  });

  test("each types and stops for themselves", () => {
    const stage = createStage().watch();
    const typing = (seat, on) => stage.socket.say({ type: "typing", seat, on });
    const names = () => typingNames(stage.state.room);
    typing(1, true);
    stage.clock.pass(2_000);
    typing(2, true);
    assert.deepEqual(names(), ["Stranger 1", "Stranger 2"]);
    stage.clock.pass(4_000);
    assert.deepEqual(names(), ["Stranger 2"]);
    typing(1, true);
    stage.said(2, 1, "there");
    assert.deepEqual(names(), ["Stranger 1"]);
    typing(1, false);
    assert.deepEqual(names(), []);
  });

  test("each comes and goes for themselves", () => {
    const stage = createStage().watch();
    const presence = (seat, connected) => stage.socket.say({ type: "presence", seat, connected });
    const names = () => awayNames(stage.state.room);
    stage.socket.say({ type: "typing", seat: 2, on: true });
    presence(2, false);
    presence(2, false);
    assert.deepEqual([names(), typingNames(stage.state.room)], [["Stranger 2"], []]);
    presence(1, false);
    assert.deepEqual(names(), ["Stranger 1", "Stranger 2"]);
    presence(2, true);
    assert.deepEqual(names(), ["Stranger 1"]);
    stage.socket.drop();
    assert.deepEqual(names(), [], "nobody knows");
  });

  test("says nothing and tells of no typing", () => {
    const stage = createStage().watch();
    const before = stage.socket.sent.length;
    stage.do("typed", { empty: false });
    stage.say("a", "hey, you two");
    stage.clock.pass(60_000);
    assert.equal(stage.socket.sent.length, before);
    assert.deepEqual(stage.texts(), []);
  });

  test("both count as unread while nobody looks, questions of one's own do not", () => {
    const stage = createStage().watch();
    stage.do("visibility", { visible: false });
    stage.said(1, 1, "a");
    stage.said(2, 1, "b");
    stage.question(1, { 1: 1, 2: 1 });
    assert.equal(stage.state.unread, 2);
  });

  test("a lost connection is resumed with what was seen of both", () => {
    const stage = createStage().watch();
    stage.said(1, 1, "a");
    stage.said(2, 1, "b");
    stage.said(2, 2, "c");
    stage.socket.drop();
    stage.resume({}, WATCHING);
    assert.deepEqual(stage.socket.sent[0].seen, { 1: 1, 2: 2 });
    stage.said(1, 2, "d");
    assert.deepEqual(stage.texts(), ["a", "b", "c", "d"]);
    assert.equal(stage.sockets.length, 2);
  });

  test("a reload brings everything back, also that the strangers see the question", () => {
    const before = createStage().watch({ ...ASK, reveal: true });
    const stage = again(before, { ...WATCHING, revealed: true });
    stage.said(1, 1, "a");
    stage.said(2, 1, "b");
    stage.question(1, { 1: 1 });
    assert.deepEqual(stage.texts(), ["a", "q1", "b"]);
    assert.deepEqual([stage.state.room?.role, stage.state.room?.revealed], ["ask", true]);
    ended(stage, "left", 2);
    stage.do("stop");
    assert.equal(stage.socket.ofType("find")[0].question, ASK.question);
  });

  test("Stop, Really?, New: ask two others the same", () => {
    const stage = createStage().watch({ ...ASK, reveal: true });
    stage.do("escape");
    assert.equal(stage.state.asked, "stop");
    stage.do("escape");
    assert.deepEqual(stage.socket.ofType("leave"), [{ type: "leave", room: "r1" }]);
    assert.equal(endSentence(stage.state), "You left the conversation.");
    stage.do("escape");
    const [first, second] = stage.socket.ofType("find");
    assert.deepEqual({ ...second, ref: "" }, { ...first, ref: "" });
  });

  test("a change of the question starts from the question", () => {
    const stage = createStage().watch();
    ended(stage, "left", 1);
    stage.do("home");
    assert.deepEqual([stage.state.phase, stage.state.wish], ["idle", ASK]);
  });
});

describe("asking something else", () => {
  const NEXT = "And what would you leave?";
  const watching = () => {
    const stage = createStage().watch();
    stage.said(1, 1, "a");
    stage.do("ask", { ref: "q", text: ` ${NEXT}\n` });
    return stage;
  };
  const asked = (stage) => stage.socket.ofType("question");
  const answer = (stage, more = {}) => stage.question(1, { 1: 1 }, { text: NEXT, ref: "q", ...more });

  test("goes out once, and stands in the log when the server has it", () => {
    const stage = watching();
    stage.do("ask", { ref: "q2", text: "Impatient, this one?" });
    assert.deepEqual(asked(stage), [{ type: "question", room: "r1", text: NEXT, ref: "q" }]);
    assert.deepEqual(stage.texts(), ["a"]);
    answer(stage);
    assert.deepEqual(stage.texts(), ["a", NEXT]);
    assert.equal(stage.state.room?.asking, null);
    stage.do("ask", { ref: "q2", text: "Impatient, this one?" });
    assert.equal(asked(stage).length, 2);
  });

  for (const code of ["bad_question", "refused_text", "too_fast", "not_allowed", "unavailable"]) {
    test(`${code} is said where it was written, and it can be asked again`, () => {
      const stage = watching();
      stage.error(code, "q", "Not like that.");
      assert.equal(stage.state.room?.asking?.problem, "Not like that.");
      assert.deepEqual(stage.state.notices, []);
      stage.do("ask", { ref: "q2", text: "Then something else?" });
      assert.equal(stage.state.room?.asking?.problem, "");
      assert.equal(asked(stage).length, 2);
    });
  }

  test("what the filter covered for the others stays as it was written", () => {
    const stage = watching();
    const covered = { text: "And what would *** leave?", masked: true };
    answer(stage, covered);
    const own = () => stage.state.room?.entries.map(({ text, masked }) => [text, masked]).at(-1);
    assert.deepEqual(own(), [NEXT, false]);
    stage.socket.drop();
    stage.resume({}, WATCHING);
    answer(stage, { ...covered, ref: undefined });
    assert.deepEqual(own(), [NEXT, false]);
    assert.deepEqual(stage.texts(), ["a", NEXT]);
  });

  test("only who asks asks", () => {
    for (const stage of [createStage().talk(), createStage().discuss(), createStage()]) {
      stage.do("ask", { ref: "q", text: NEXT });
      if (stage.sockets.length > 0) assert.deepEqual(asked(stage), []);
    }
  });

  test("without a connection it waits for one", () => {
    const stage = createStage().watch();
    stage.socket.drop();
    stage.do("ask", { ref: "q", text: NEXT });
    stage.clock.pass(5_000);
    stage.welcome({ resumed: true });
    assert.deepEqual(asked(stage), [], "nothing before the room is there again");
    stage.socket.say(WATCHING);
    assert.equal(asked(stage).length, 1);
    stage.question(1, {}, { ref: "q" });
    assert.equal(stage.state.room?.asking, null);
  });

  test("an answer that was lost comes with the replay", () => {
    const stage = watching();
    stage.socket.drop();
    stage.resume({}, WATCHING);
    assert.deepEqual(asked(stage), [], "it may have arrived: twice is worse than not");
    assert.match(stage.state.room?.asking?.problem ?? "", /ask it again/u);
    answer(stage, { ref: undefined });
    assert.equal(stage.state.room?.asking, null);
    assert.deepEqual(stage.texts(), ["a", NEXT]);
  });

  test("a replay of older ones is no answer", () => {
    const stage = watching();
    answer(stage);
    stage.do("ask", { ref: "q2", text: "And then, after that?" });
    stage.socket.drop();
    stage.resume({}, WATCHING);
    answer(stage, { ref: undefined });
    assert.notEqual(stage.state.room?.asking, null);
    stage.question(2, { 1: 1 });
    assert.equal(stage.state.room?.asking, null);
  });

  test("silence is a dead connection", () => {
    const stage = watching();
    stage.clock.pass(STALL_MS - 1);
    assert.equal(stage.sockets.length, 1);
    stage.clock.pass(1);
    assert.equal(stage.sockets.length, 2);
  });

  test("is over with the room", () => {
    const stage = watching();
    ended(stage, "left", 2);
    assert.equal(stage.state.room?.asking, null);
    stage.do("ask", { ref: "q2", text: NEXT });
    assert.equal(asked(stage).length, 1);
  });
});

describe("the marks of questions", () => {
  /** @type {[number, number, string][]} */
  const SAID = [
    [1, 1, "1a"],
    [2, 1, "2a"],
    [1, 2, "1b"],
    [2, 2, "2b"],
    [2, 3, "2c"],
  ];
  /** Where they were asked, as the server says it: each after so many of each seat. */
  const ASKED = [
    { 1: 1, 2: 1 },
    { 1: 2, 2: 1 },
    { 1: 2, 2: 1 },
  ];
  const WHOLE = ["1a", "2a", "q1", "1b", "q2", "q3", "2b", "2c"];

  const say = (stage, said) => {
    for (const [seat, seq, text] of said) stage.said(seat, seq, text);
  };
  const ask = (stage, numbers) => {
    for (const n of numbers) stage.question(n, ASKED[n - 1]);
  };

  test("are put where they were asked when they come after everything, as on a resume", () => {
    const stage = createStage().watch();
    say(stage, SAID);
    ask(stage, [1, 2, 3]);
    assert.deepEqual(stage.texts(), WHOLE);
  });

  test("are there once, however often they come", () => {
    const stage = createStage().watch();
    say(stage, SAID);
    ask(stage, [1, 2, 3, 3, 1]);
    stage.socket.drop();
    stage.resume({}, WATCHING);
    ask(stage, [1, 2, 3]);
    assert.deepEqual(stage.texts(), WHOLE);
  });

  test("stand right in whatever order questions and messages come", () => {
    const keys = [...SAID.map((_, index) => index), "q1", "q2", "q3"];
    let seed = 7;
    const random = (below) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    for (let round = 0; round < 300; round += 1) {
      const stage = createStage().watch();
      // A resume may bring the seats' messages in any order, each seat's in its own.
      const rest = [...keys];
      const order = [];
      while (rest.length > 0) order.push(...rest.splice(random(rest.length), 1));
      const next = { 1: SAID.filter(([seat]) => seat === 1), 2: SAID.filter(([seat]) => seat === 2) };
      for (const key of order) {
        if (typeof key === "string") ask(stage, [Number(key.slice(1))]);
        else say(stage, [next[SAID[key][0]].shift()]);
      }
      const texts = stage.texts();
      assert.deepEqual([...texts].sort(), [...WHOLE].sort());
      for (const [n, after] of ASKED.entries()) {
        const mark = texts.indexOf(`q${n + 1}`);
        for (const [seat, seq, text] of SAID) {
          const isBefore = seq <= after[seat];
          assert.equal(texts.indexOf(text) < mark, isBefore, `${text} and q${n + 1} in ${texts}`);
        }
      }
      assert.ok(texts.indexOf("q2") < texts.indexOf("q3"));
      assert.equal(stage.sockets.length, 1);
    }
  });

  test("a seat that is not named had said nothing", () => {
    const stage = createStage().watch();
    stage.said(2, 1, "2a");
    stage.question(1, {});
    assert.deepEqual(stage.texts(), ["q1", "2a"]);
  });

  test("tell when the filter covered words", () => {
    const stage = createStage().watch();
    stage.question(1, {}, { masked: true });
    assert.equal(stage.state.room?.entries[0]?.masked, true);
  });

  test("another room's, and those after the end, are not shown", () => {
    const stage = createStage().watch();
    stage.question(1, {}, { room: "r9" });
    ended(stage, "left", 1);
    stage.question(1, {});
    assert.deepEqual(stage.texts(), []);
  });

  test("another epoch begins anew", () => {
    const stage = createStage().watch();
    stage.question(1, {});
    stage.socket.drop();
    stage.resume({ epoch: "e2" }, WATCHING);
    stage.said(1, 1, "a");
    stage.question(1, { 1: 1 });
    assert.deepEqual(stage.texts(), ["a", "q1"]);
  });

  test("stand among own messages as well, those without a number stay where they are", () => {
    const stage = createStage().discuss({ question: ASK.question });
    stage.say("a", "mine");
    stage.sent("a", 1);
    stage.theirs(1, "theirs");
    stage.say("b", "on its way");
    stage.question(1, { 1: 1 });
    assert.deepEqual(stage.texts(), ["mine", "q1", "theirs", "on its way"]);
    stage.question(2, { 1: 1, 2: 1 });
    assert.deepEqual(stage.texts(), ["mine", "q1", "theirs", "on its way", "q2"]);
  });

  test("are saved with the rest", () => {
    const at = new Date(2025, 0, 2, 3, 4, 5).getTime();
    const line = { mark: "", who: "Stranger 1", text: "hi", at, delivered: true };
    const text = transcriptText({
      site: "Omegle",
      me: "Brave Lynx",
      strangers: ["Stranger 1", "Stranger 2"],
      common: [],
      question: "Tea or\ncoffee?",
      lines: [line, { ...line, mark: "?", who: "", text: "And why?" }, { ...line, who: "Stranger 2" }],
      end: "",
    });
    assert.deepEqual(text.split("\n").slice(2), [
      "You: Brave Lynx",
      "Strangers: Stranger 1, Stranger 2",
      "Question: Tea or",
      "        coffee?",
      "",
      "[03:04:05] Stranger 1: hi",
      "[03:04:05] ? And why?",
      "[03:04:05] Stranger 2: hi",
      "",
    ]);
  });
});

describe("discussing", () => {
  test("nothing of the question is there unless it is shown", () => {
    const hidden = createStage().discuss().state;
    assert.deepEqual([hidden.room?.question, hidden.room?.revealed], ["", false]);
    assert.doesNotMatch(JSON.stringify(placeOf(hidden)), /question/u);
    const shown = createStage().discuss({ question: "Tea or coffee?" }).state.room;
    assert.deepEqual([shown?.question, shown?.revealed], ["Tea or coffee?", true]);
  });

  test("somebody reads along until they have left", () => {
    const stage = createStage().discuss();
    assert.equal(stage.state.room?.reading, true);
    stage.socket.say({ type: "reader", room: "r9", present: false });
    assert.equal(stage.state.room?.reading, true);
    stage.socket.say({ type: "reader", room: "r1", present: false });
    assert.equal(stage.state.room?.reading, false);
    assert.equal(stage.state.phase, "talking", "the strangers talk on");
    stage.say("a", "alone at last");
    assert.equal(stage.socket.ofType("message").length, 1);
  });

  test("a resume knows whether somebody still reads", () => {
    const stage = createStage().discuss();
    stage.socket.drop();
    stage.resume({}, { ...DISCUSSING, spied: false });
    assert.equal(stage.state.room?.reading, false);
    assert.equal(again(createStage().discuss(), DISCUSSING).state.room?.reading, true);
  });

  test("a question that is asked later stands in the log and counts as unread", () => {
    const stage = createStage().discuss({ question: "Tea or coffee?" });
    stage.do("visibility", { visible: false });
    stage.question(1, {});
    stage.question(1, {});
    assert.deepEqual([stage.texts(), stage.state.unread], [["q1"], 1]);
  });

  test("typing and messages are as in any chat", () => {
    const stage = createStage().discuss();
    stage.do("typed", { empty: false });
    stage.say("a", "hi");
    assert.deepEqual(types(stage).slice(2), ["typing", "typing", "message"]);
  });

  test("a new discussion is one press away", () => {
    const stage = createStage().discuss();
    ended(stage, "left", 2);
    stage.do("again");
    assert.equal(stage.socket.ofType("find")[1].role, "discuss");
  });
});

describe("an ordinary chat instead", () => {
  const CHAT = { mode: "text", role: "chat", interests: ["jazz"], languages: [] };
  const last = (stage) => {
    const { type, ref, ...wish } = stage.socket.ofType("find").at(-1);
    return wish;
  };

  test("asks once more while talking, then leaves and looks", () => {
    const stage = createStage().discuss();
    stage.do("chat-instead");
    assert.deepEqual([stage.state.phase, stage.state.asked], ["talking", "chat"]);
    stage.do("elsewhere-clicked");
    stage.do("chat-instead");
    stage.do("chat-instead");
    assert.deepEqual(types(stage).slice(-2), ["leave", "find"]);
    assert.deepEqual(last(stage), CHAT);
    ended(stage, "you_left");
    stage.waiting();
    stage.matched({ room: "r2" });
    assert.equal(stage.state.room?.role, "chat");
  });

  test("is one question at a time", () => {
    const stage = createStage().discuss();
    stage.do("stop");
    stage.do("chat-instead");
    assert.equal(stage.state.asked, "chat");
    stage.do("block");
    assert.equal(stage.state.asked, "block");
    stage.do("chat-instead");
    assert.equal(stage.socket.ofType("block").length, 0);
    stage.do("stop");
    assert.deepEqual([stage.state.phase, stage.state.asked], ["talking", "stop"]);
  });

  test("is asked anew when the second press comes late", () => {
    const stage = createStage().discuss();
    stage.do("chat-instead");
    stage.clock.pass(REALLY_MS);
    assert.equal(stage.state.asked, "");
    stage.do("chat-instead");
    assert.deepEqual([stage.state.phase, stage.state.asked], ["talking", "chat"]);
    assert.equal(stage.socket.ofType("leave").length, 0);
  });

  test("gives the place in the queue up", () => {
    const stage = createStage();
    stage.do("find", { wish: DISCUSS });
    stage.welcome();
    stage.waiting({ role: "discuss" });
    stage.do("chat-instead");
    assert.deepEqual(types(stage).slice(-2), ["leave", "find"]);
    assert.deepEqual(last(stage), CHAT);
    // The match of the old place crossed with it.
    stage.socket.say(DISCUSSING);
    assert.equal(stage.state.phase, "waiting");
    ended(stage, "you_left");
    stage.waiting();
    stage.matched({ room: "r2" });
    assert.equal(stage.state.room?.id, "r2");
  });

  test("also where the connection is away: the next hello takes nothing up", () => {
    const stage = createStage();
    stage.do("find", { wish: DISCUSS });
    stage.welcome();
    stage.waiting({ role: "discuss" });
    stage.socket.drop();
    stage.do("chat-instead");
    stage.clock.pass(5_000);
    stage.welcome();
    assert.deepEqual(types(stage), ["hello", "find"]);
    assert.equal(stage.socket.sent[0].resume, undefined);
    assert.deepEqual(last(stage), CHAT);
  });

  test("after the end at once", () => {
    const stage = createStage().discuss();
    ended(stage, "left", 2);
    stage.do("chat-instead");
    assert.equal(stage.state.phase, "waiting");
    assert.deepEqual(last(stage), CHAT);
  });

  test("is nothing for who chats already, or is not there", () => {
    const stage = createStage();
    stage.do("chat-instead");
    stage.talk();
    stage.do("chat-instead");
    stage.do("chat-instead");
    assert.equal(stage.socket.ofType("leave").length, 0);
  });
});

describe("how it ends for three", () => {
  /** @type {[string, string, number | null, string][]} */
  const TABLE = [
    ["ask", "left", 2, "Stranger 2 left the conversation."],
    ["ask", "lost", 1, "The connection to Stranger 1 was lost and did not come back."],
    ["ask", "left", null, "The conversation is over."],
    ["ask", "moderated", null, "This conversation was ended to keep people safe."],
    ["discuss", "left", 2, "Quiet Otter left the conversation."],
    ["discuss", "left", null, "The conversation is over."],
    ["discuss", "lost", null, "The conversation is over."],
    ["discuss", "idle", null, "Nobody wrote anything for a while, so the conversation was closed."],
  ];
  for (const [role, reason, by, words] of TABLE) {
    test(`${role}: ${reason} by ${by}`, () => {
      const stage = role === "ask" ? createStage().watch() : createStage().discuss();
      assert.equal(endSentence(stage.state), "");
      ended(stage, reason, by);
      assert.equal(endSentence(stage.state), words);
    });
  }

  test("who watches blocks both, who discusses the other", () => {
    for (const [stage, words] of [
      [createStage().watch(), "You blocked both strangers. You won't meet again."],
      [createStage().discuss(), "You blocked Quiet Otter. You won't meet again."],
    ]) {
      stage.do("block");
      stage.do("block");
      assert.deepEqual(stage.socket.ofType("block"), [{ type: "block", room: "r1", ref: "block" }]);
      ended(stage, "you_left");
      assert.equal(endSentence(stage.state), words);
    }
  });
});

describe("reporting", () => {
  const labels = (stage) => stage.state.filing?.choices.map(({ label }) => label);
  const reports = (stage) => stage.socket.ofType("report");
  const REPORTED = { type: "reported", receipt: "R-1", url: "/report/1/", ref: "report" };

  test("in an ordinary chat there is nothing to choose or to say", () => {
    const stage = createStage().talk();
    stage.do("report-open");
    stage.do("report-about", { about: "reader" });
    stage.do("report", { reason: "spam", note: "" });
    assert.deepEqual(reports(stage), [{ type: "report", room: "r1", reason: "spam", ref: "report" }]);
  });

  test("who watches says which of the two", () => {
    const stage = createStage().watch();
    stage.do("report-open");
    assert.deepEqual(labels(stage), ["Stranger 1", "Stranger 2"]);
    stage.do("report", { reason: "spam", note: "" });
    assert.deepEqual(reports(stage), []);
    assert.match(stage.state.filing?.problem ?? "", /who it is about/u);
    for (const odd of ["question", "reader", 0, 3]) stage.do("report-about", { about: odd });
    assert.equal(stage.state.filing?.about, null);
    stage.do("report-about", { about: 2 });
    assert.equal(stage.state.filing?.problem, "");
    stage.do("report", { reason: "spam", note: "" });
    assert.equal(reports(stage)[0].about, 2);
    ended(stage, "you_left");
    stage.socket.say(REPORTED);
    assert.equal(endSentence(stage.state), "You reported Stranger 2. You won't meet again.");
  });

  test("who discusses means the other one, unless they say otherwise", () => {
    const stage = createStage().discuss();
    stage.do("report-open");
    assert.deepEqual(labels(stage), ["The stranger I talk with", "The person reading along"]);
    stage.do("report-about", { about: "question" });
    stage.do("report", { reason: "spam", note: "" });
    assert.equal(reports(stage)[0].about, 2, "there is no question to report");
  });

  test("a question that is shown can be reported, and who reads along", () => {
    for (const [about, words] of [
      ["question", "You reported the question. You won't meet whoever asked it again."],
      ["reader", "You reported the person reading along. You won't meet again."],
    ]) {
      const stage = createStage().discuss({ question: "Tea or coffee?" });
      stage.do("report-open");
      assert.equal(labels(stage)?.length, 3);
      stage.do("report-about", { about });
      stage.do("report", { reason: "hate", note: "" });
      assert.equal(reports(stage)[0].about, about);
      ended(stage, "you_left");
      stage.socket.say(REPORTED);
      assert.equal(endSentence(stage.state), words);
    }
  });

  test("goes out with the same choice again after a loss", () => {
    const stage = createStage().watch();
    stage.do("report-open");
    stage.do("report-about", { about: 1 });
    stage.do("report", { reason: "spam", note: "" });
    stage.socket.drop();
    stage.resume({}, WATCHING);
    assert.equal(reports(stage)[0].about, 1);
  });
});
