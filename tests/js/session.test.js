import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AGAIN_MS, mayMeetAgain } from "../../static/js/session/meet-again.js";
import { newsOf } from "../../static/js/session/news.js";
import { awayNames, typingNames } from "../../static/js/session/seats.js";
import { helloFrame, nextDeadline, placeFrom, placeOf } from "../../static/js/session/selectors.js";
import { initialState } from "../../static/js/session/state.js";
import { step } from "../../static/js/session/step.js";
import { REALLY_MS } from "../../static/js/session/turn.js";
import { createStage, DISCUSSING, MATCHED, WATCHING, WISH } from "./support/stage.js";

const BLOCKED_MESSAGE = "The conversation ended before the block reached the server.";

describe("finding a stranger", () => {
  test("the first search connects, says hello without a resume, then looks", () => {
    const stage = createStage();
    stage.do("find", { wish: WISH });
    assert.equal(stage.state.phase, "waiting");
    stage.welcome();
    const [hello, find] = stage.socket.sent;
    assert.deepEqual(hello, { type: "hello", protocol: 1 });
    assert.deepEqual(find, { type: "find", ...WISH, ref: find.ref });
  });

  test("waiting tells who is looked for and until when", () => {
    const stage = createStage();
    stage.do("find", { wish: WISH });
    stage.welcome();
    stage.waiting({ relaxes_in: 10 });
    assert.deepEqual(stage.state.search?.interests, ["jazz"]);
    assert.equal(stage.state.search?.relaxesAt, stage.clock.now() + 10_000);
    stage.waiting({ interests: [], relaxes_in: null });
    assert.deepEqual(stage.state.search?.interests, []);
    assert.equal(stage.state.search?.relaxesAt, null);
  });

  test("relax is only said while waiting", () => {
    const stage = createStage();
    stage.do("relax");
    stage.do("find", { wish: WISH });
    stage.welcome();
    stage.waiting();
    stage.do("relax");
    stage.matched();
    stage.do("relax");
    assert.equal(stage.socket.ofType("relax").length, 1);
  });

  test("a match begins a new room", () => {
    const stage = createStage().talk();
    assert.equal(stage.state.phase, "talking");
    assert.deepEqual(stage.state.room?.common, ["jazz"]);
    stage.theirs(1, "hi");
    stage.ended("left");
    stage.do("again");
    stage.waiting();
    const before = stage.state.room?.key;
    stage.matched({ room: "r2" });
    assert.notEqual(stage.state.room?.key, before);
    assert.deepEqual(stage.texts(), []);
  });

  test("who talks is counted, although the server's number is older", () => {
    const stage = createStage();
    stage.do("find", { wish: WISH });
    stage.welcome({ online: 1 });
    stage.waiting();
    stage.matched();
    assert.equal(stage.state.online, 2);
  });

  test("stopping the search from the start hangs up", () => {
    const stage = createStage();
    stage.do("find", { wish: WISH });
    stage.welcome();
    stage.waiting();
    stage.do("stop");
    assert.equal(stage.state.phase, "idle");
    assert.equal(stage.socket.ofType("bye").length, 1);
    assert.equal(stage.state.connection, "closed");
  });

  test("stopping a search after a conversation goes back to that conversation", () => {
    const stage = createStage().talk();
    stage.ended("left");
    stage.do("again");
    stage.waiting();
    stage.do("stop");
    assert.equal(stage.state.phase, "ended");
    assert.equal(stage.socket.ofType("leave").length, 1);
  });

  test("a match that crossed with the end of the search is not taken up", () => {
    const stage = createStage().talk();
    stage.ended("left");
    stage.do("again");
    stage.waiting();
    stage.do("stop");
    stage.matched({ room: "r2" });
    assert.equal(stage.state.phase, "ended");
    stage.do("again");
    stage.matched({ room: "r2" });
    assert.equal(stage.state.phase, "waiting", "no “waiting” came for this search yet");
    stage.ended("you_left", "r2");
    stage.waiting();
    stage.matched({ room: "r3" });
    assert.equal(stage.state.room?.id, "r3");
  });

  test("an old match taken for the new one ends without ending the search", () => {
    const stage = createStage().talk();
    stage.ended("left");
    stage.do("again");
    stage.do("stop");
    stage.do("again");
    // What follows the first, given up search:
    stage.waiting();
    stage.matched({ room: "r2" });
    stage.ended("you_left", "r2");
    assert.equal(stage.state.phase, "waiting");
    stage.waiting();
    stage.matched({ room: "r3" });
    assert.equal(stage.state.room?.id, "r3");
  });

  test("a refused interest goes back to the start, to its field", () => {
    for (const code of ["bad_interest", "refused_text"]) {
      const stage = createStage();
      stage.do("find", { wish: WISH });
      stage.welcome();
      stage.error(code, stage.socket.ofType("find")[0].ref, "Not that one.");
      assert.equal(stage.state.phase, "idle");
      assert.deepEqual(stage.state.fieldProblem, { field: "interests", text: "Not that one." });
    }
  });

  test("too many searches: a notice, and the last conversation stays", () => {
    const stage = createStage().talk();
    stage.theirs(1, "hi");
    stage.ended("left");
    stage.do("again");
    stage.error("too_fast", stage.socket.ofType("find")[1].ref, "Wait a little.");
    assert.equal(stage.state.phase, "ended");
    assert.deepEqual(stage.texts(), ["hi"]);
    assert.equal(stage.state.notices[0]?.text, "Wait a little.");
  });

  test("a search without an answer takes a new connection and asks again", () => {
    const stage = createStage();
    stage.do("find", { wish: WISH });
    stage.welcome();
    stage.clock.pass(8_000);
    assert.equal(stage.sockets.length, 2);
    stage.welcome();
    assert.equal(stage.socket.ofType("find").length, 1);
  });
});

describe("Stop, Really?, New", () => {
  /** @type {[string, string[], number, string, boolean][]} what is done, then how long is waited */
  const table = [
    ["once asks", ["stop"], 0, "talking", true],
    ["twice leaves", ["stop", "stop"], 0, "ended", false],
    ["three times looks for the next", ["stop", "stop", "stop"], 0, "waiting", false],
    ["Esc once asks", ["escape"], 0, "talking", true],
    ["Esc and button are one", ["escape", "stop"], 0, "ended", false],
    ["an impatient fourth Esc is not heard", ["escape", "escape", "escape", "escape"], 0, "waiting", false],
    ["a click elsewhere takes it back", ["stop", "elsewhere-clicked"], 0, "talking", false],
    ["so do four seconds", ["stop"], 4_000, "talking", false],
    ["three do not", ["stop"], 3_000, "talking", true],
  ];
  for (const [name, events, wait, phase, asks] of table) {
    test(name, () => {
      const stage = createStage().talk();
      for (const event of events) stage.do(event);
      stage.clock.pass(wait);
      assert.equal(stage.state.phase, phase);
      assert.equal(stage.state.asked === "stop", asks);
    });
  }

  test("leaving tells the server the room, then the next search keeps the wish", () => {
    const stage = createStage().talk();
    for (let n = 0; n < 3; n += 1) stage.do("escape");
    assert.deepEqual(stage.socket.ofType("leave"), [{ type: "leave", room: "r1" }]);
    assert.deepEqual(stage.socket.ofType("find")[1].interests, ["jazz"]);
    stage.ended("you_left");
    assert.equal(stage.state.phase, "waiting", "the end of the room that was left changes nothing");
  });

  test("a later Esc stops the search", () => {
    const stage = createStage().talk();
    for (let n = 0; n < 3; n += 1) stage.do("escape");
    stage.clock.pass(1_000);
    stage.do("escape");
    assert.equal(stage.state.phase, "ended");
  });
});

describe("saying something", () => {
  test("is shown at once, marked when the server has it", () => {
    const stage = createStage().talk();
    stage.say("a", "  hello  ");
    assert.deepEqual(stage.deliveries(), ["a:pending"]);
    assert.deepEqual(stage.socket.ofType("message"), [
      { type: "message", room: "r1", id: "a", text: "hello", ref: "a" },
    ]);
    stage.sent("a", 1);
    assert.deepEqual(stage.deliveries(), ["a:sent"]);
  });

  test("nothing is not said", () => {
    const stage = createStage().talk();
    stage.say("a", " \n ");
    assert.deepEqual(stage.texts(), []);
  });

  for (const code of ["refused_text", "too_fast", "not_in_room", "unavailable", "bad_frame"]) {
    test(`${code} marks the message that it is about, which can be tried again under its id`, () => {
      const stage = createStage().talk();
      stage.say("a", "one");
      stage.say("b", "two");
      stage.error(code, "a", "Because.");
      assert.deepEqual(stage.deliveries(), ["a:failed", "b:pending"]);
      assert.ok(stage.state.room?.entries[0]?.why);
      assert.deepEqual(stage.state.notices, []);
      stage.do("retry", { id: "a" });
      stage.do("retry", { id: "a" });
      assert.deepEqual(stage.deliveries(), ["a:pending", "b:pending"]);
      assert.equal(stage.socket.ofType("message").filter((frame) => frame.id === "a").length, 2);
    });
  }

  test("a flood is paced below the server's limit, in order and complete", () => {
    const stage = createStage().talk();
    for (let n = 0; n < 40; n += 1) stage.say(`m${n}`, `text ${n}`);
    assert.equal(stage.socket.ofType("message").length, 15);
    for (let second = 0; second < 30; second += 1) {
      const out = stage.socket.ofType("message");
      assert.ok(out.length <= 20 + 2 * second);
      out.forEach((frame, index) => {
        stage.sent(frame.id, index + 1);
      });
      stage.clock.pass(1_000);
    }
    const ids = stage.socket.ofType("message").map((frame) => frame.id);
    assert.deepEqual(
      ids,
      Array.from({ length: 40 }, (_, n) => `m${n}`),
    );
    assert.equal(stage.sockets.length, 1);
  });

  test("silence for six seconds is a dead connection", () => {
    const stage = createStage().talk();
    stage.say("a", "hello?");
    stage.clock.pass(5_999);
    assert.equal(stage.sockets.length, 1);
    stage.clock.pass(1);
    assert.equal(stage.sockets.length, 2);
    stage.welcome({ resumed: true });
    stage.matched();
    assert.deepEqual(
      stage.socket.ofType("message").map((frame) => frame.id),
      ["a"],
    );
  });

  test("a message that three connections swallowed has failed", () => {
    const stage = createStage().talk();
    stage.say("a", "hello?");
    for (let n = 0; n < 3; n += 1) {
      stage.clock.pass(6_000);
      stage.welcome({ resumed: true });
      stage.matched();
    }
    assert.deepEqual(stage.deliveries(), ["a:failed"]);
    stage.clock.pass(60_000);
    assert.equal(stage.sockets.length, 4);
  });

  test("what was not confirmed when it ended was not delivered", () => {
    const stage = createStage().talk();
    stage.say("a", "one");
    stage.sent("a", 1);
    stage.say("b", "two");
    stage.ended("left");
    assert.deepEqual(stage.deliveries(), ["a:sent", "b:failed"]);
    stage.do("retry", { id: "b" });
    assert.deepEqual(stage.deliveries(), ["a:sent", "b:failed"]);
  });
});

describe("hearing something", () => {
  test("a repeated number is shown once", () => {
    const stage = createStage().talk();
    stage.theirs(1, "a");
    stage.theirs(1, "a");
    stage.theirs(2, "b");
    assert.deepEqual(stage.texts(), ["a", "b"]);
  });

  test("another room's messages, and those after the end, are not shown", () => {
    const stage = createStage().talk();
    stage.theirs(1, "not mine", "r9");
    stage.ended("left");
    stage.theirs(1, "late");
    assert.deepEqual(stage.texts(), []);
  });

  test("a gap asks for a replay from the last gapless number", () => {
    const stage = createStage().talk();
    stage.theirs(1, "a");
    stage.theirs(3, "c");
    assert.equal(stage.sockets.length, 2);
    stage.welcome({ resumed: true });
    assert.deepEqual(stage.socket.sent[0].seen, { 2: 1 });
    stage.matched();
    stage.theirs(2, "b");
    stage.theirs(3, "c");
    assert.deepEqual(stage.texts(), ["a", "c", "b"]);
  });

  test("unread messages count while nobody looks", () => {
    const stage = createStage().talk();
    stage.theirs(1, "seen");
    stage.do("visibility", { visible: false });
    stage.theirs(2, "a");
    stage.theirs(2, "a");
    stage.theirs(3, "b");
    assert.equal(stage.state.unread, 2);
    stage.do("visibility", { visible: true });
    assert.equal(stage.state.unread, 0);
  });

  test("typing expires by itself, and ends with a message", () => {
    const stage = createStage().talk();
    const typing = (on) => stage.socket.say({ type: "typing", seat: 2, on });
    const shown = () => typingNames(stage.state.room).length > 0;
    typing(true);
    stage.clock.pass(5_999);
    assert.ok(shown());
    stage.clock.pass(1);
    assert.ok(!shown());
    typing(true);
    stage.theirs(1, "there");
    assert.ok(!shown());
    typing(true);
    typing(false);
    assert.ok(!shown());
  });

  test("presence is shown, and the end of it", () => {
    const stage = createStage().talk();
    stage.socket.say({ type: "presence", seat: 2, connected: false });
    assert.deepEqual(awayNames(stage.state.room), ["Quiet Otter"]);
    stage.socket.say({ type: "presence", seat: 2, connected: true });
    assert.deepEqual(awayNames(stage.state.room), []);
  });

  test("a notice stands in the conversation, or above the page outside of one", () => {
    const stage = createStage().talk();
    stage.socket.say({ type: "notice", level: "warning", text: "Careful." });
    assert.deepEqual(stage.texts(), ["Careful."]);
    stage.ended("left");
    stage.socket.say({ type: "notice", level: "info", text: "We restart at noon." });
    assert.deepEqual(
      stage.state.notices.map((notice) => notice.text),
      ["We restart at noon."],
    );
    stage.do("dismiss", { id: stage.state.notices[0]?.id });
    assert.deepEqual(stage.state.notices, []);
  });

  test("trouble with the service stays until the server says that it is over", () => {
    const stage = createStage().talk();
    stage.socket.say({ type: "notice", level: "warning", text: "We are having trouble.", topic: "service" });
    assert.equal(stage.state.trouble, "We are having trouble.");
    assert.deepEqual(stage.texts(), []);
    stage.socket.say({ type: "notice", level: "info", text: "Everything works again.", topic: "service" });
    assert.equal(stage.state.trouble, "");
    assert.deepEqual(stage.texts(), []);
  });
});

describe("telling that one is typing", () => {
  const told = (stage) => stage.socket.ofType("typing").map((frame) => frame.on);

  test("at most every three seconds while typing goes on", () => {
    const stage = createStage().talk();
    for (let n = 0; n < 70; n += 1) {
      stage.do("typed", { empty: false });
      stage.clock.pass(100);
    }
    assert.deepEqual(told(stage), [true, true, true]);
  });

  test("off after five seconds of nothing, on sending, on emptying", () => {
    const idle = createStage().talk();
    idle.do("typed", { empty: false });
    idle.clock.pass(5_000);
    idle.clock.pass(60_000);
    assert.deepEqual(told(idle), [true, false]);

    const sent = createStage().talk();
    sent.do("typed", { empty: false });
    sent.say("a", "x");
    assert.deepEqual(told(sent), [true, false]);

    const emptied = createStage().talk();
    emptied.do("typed", { empty: false });
    emptied.do("typed", { empty: true });
    emptied.do("typed", { empty: true });
    assert.deepEqual(told(emptied), [true, false]);
  });

  test("short messages in a row do not make a storm of it", () => {
    const stage = createStage().talk();
    for (let n = 0; n < 10; n += 1) {
      stage.do("typed", { empty: false });
      stage.say(`m${n}`, "x");
      stage.clock.pass(200);
    }
    assert.deepEqual(told(stage), [true, false]);
  });
});

describe("losing the connection in a conversation", () => {
  test("resumes with the token, the epoch and what was seen of every seat", () => {
    const stage = createStage().talk();
    stage.say("a", "mine");
    stage.sent("a", 1);
    stage.theirs(1, "x");
    stage.theirs(2, "y");
    stage.socket.drop(1006);
    assert.equal(stage.state.connection, "reconnecting");
    stage.resume();
    assert.deepEqual(stage.socket.sent[0], {
      type: "hello",
      protocol: 1,
      resume: "token",
      epoch: "e1",
      seen: { 1: 1, 2: 2 },
    });
    assert.equal(stage.state.phase, "talking");
    assert.deepEqual(stage.texts(), ["mine", "x", "y"]);
  });

  test("what was said meanwhile waits, then goes out in order, unconfirmed ones under the same id", () => {
    const stage = createStage().talk();
    stage.say("a", "one");
    stage.socket.drop();
    stage.say("b", "two");
    stage.clock.pass(5_000);
    stage.welcome({ resumed: true });
    assert.equal(stage.socket.ofType("message").length, 0, "nothing before the room is there again");
    stage.matched();
    assert.deepEqual(
      stage.socket.ofType("message").map((frame) => frame.id),
      ["a", "b"],
    );
  });

  test("an own message in the replay is the one that was not confirmed, not a second one", () => {
    const stage = createStage().talk();
    stage.say("a", "one");
    stage.say("b", "one");
    stage.socket.drop();
    stage.resume();
    stage.mine(1, "one");
    assert.deepEqual(stage.texts(), ["one", "one"]);
    stage.sent("a", 1);
    stage.sent("b", 2);
    assert.deepEqual(stage.texts(), ["one", "one"]);
    assert.deepEqual(stage.deliveries(), ["a:sent", "b:sent"]);
  });

  test("an own message that was masked on the way stays as it was written", () => {
    const stage = createStage().talk();
    stage.say("a", "call 555");
    stage.socket.drop();
    stage.resume();
    stage.mine(1, "call ***");
    stage.sent("a", 1);
    assert.deepEqual(stage.texts(), ["call 555"]);
  });

  test("an own message of the replay that nothing claims is shown after all", () => {
    const stage = createStage().talk();
    stage.say("a", "refused later");
    stage.socket.drop();
    stage.resume();
    stage.mine(1, "from before");
    stage.error("refused_text", "a");
    assert.deepEqual(stage.texts(), ["refused later", "from before"]);
  });

  test("the replay shows what it showed to have arrived as sent when the end follows at once", () => {
    const stage = createStage().talk();
    stage.say("a", "arrived");
    stage.say("b", "did not");
    stage.socket.drop();
    stage.resume();
    stage.mine(1, "arrived");
    stage.ended("lost");
    assert.deepEqual(stage.deliveries(), ["a:sent", "b:failed"]);
  });

  test("a replay may start later, and says so", () => {
    const stage = createStage().talk();
    stage.theirs(1, "a");
    stage.socket.drop();
    stage.resume();
    stage.theirs(250, "much later");
    assert.deepEqual(stage.texts(), ["a", "Some earlier messages could not be fetched.", "much later"]);
    assert.equal(stage.sockets.length, 2);
    stage.theirs(252, "a gap again");
    assert.equal(stage.sockets.length, 3);
  });

  test("another epoch begins the log anew", () => {
    const stage = createStage().talk();
    stage.theirs(1, "a");
    const key = stage.state.room?.key;
    stage.socket.drop();
    stage.clock.pass(5_000);
    stage.welcome({ resumed: true, epoch: "e2" });
    stage.matched();
    stage.theirs(1, "a");
    stage.theirs(2, "b");
    assert.deepEqual(stage.texts(), ["a", "b"]);
    assert.notEqual(stage.state.room?.key, key);
  });

  test("nothing to take up: the conversation is over, its log stays", () => {
    const stage = createStage().talk();
    stage.theirs(1, "a");
    stage.socket.drop();
    stage.clock.pass(5_000);
    stage.welcome({ resumed: false });
    stage.error("resume_failed");
    assert.equal(stage.state.phase, "ended");
    assert.equal(stage.state.room?.ended, "away");
    assert.deepEqual(stage.texts(), ["a"]);
    assert.deepEqual(stage.state.notices, []);
  });

  test("leaving meanwhile: the next hello takes nothing up, then the connection ends quietly", () => {
    const stage = createStage().talk();
    stage.socket.drop();
    stage.do("stop");
    stage.do("stop");
    assert.equal(stage.state.phase, "ended");
    stage.clock.pass(5_000);
    stage.welcome();
    assert.deepEqual(stage.socket.sent[0], { type: "hello", protocol: 1 });
    stage.socket.drop();
    assert.equal(stage.state.connection, "closed");
    stage.clock.pass(60_000);
    assert.equal(stage.sockets.length, 2);
  });

  test("the next one meanwhile: looked for when the connection is there", () => {
    const stage = createStage().talk();
    stage.socket.drop();
    for (let n = 0; n < 3; n += 1) stage.do("stop");
    stage.clock.pass(5_000);
    stage.welcome();
    assert.deepEqual(
      stage.socket.sent.map((frame) => frame.type),
      ["hello", "find"],
    );
  });

  test("draining: a new connection at the given time, with everything", () => {
    const stage = createStage().talk();
    stage.socket.say({ type: "draining", reconnect_in_ms: 1_500 });
    stage.say("a", "still here");
    assert.equal(stage.socket.ofType("message").length, 1);
    stage.clock.pass(1_500);
    assert.equal(stage.sockets.length, 2);
    stage.welcome({ resumed: true });
    stage.matched();
    assert.equal(stage.socket.ofType("message").length, 1);
  });

  test("back on the network: at once, and also when the socket still seems to live", () => {
    const stage = createStage().talk();
    stage.do("network", { online: false });
    stage.do("network", { online: true });
    assert.equal(stage.sockets.length, 2);
    stage.socket.drop();
    stage.do("network", { online: false });
    stage.do("network", { online: true });
    assert.equal(stage.sockets.length, 3);
  });

  test("coming back to the tab does not wait for the next attempt", () => {
    const stage = createStage().talk();
    stage.socket.drop();
    stage.do("visibility", { visible: true });
    assert.equal(stage.sockets.length, 2);
  });

  test("after sleep the socket is not trusted", () => {
    const stage = createStage().talk();
    stage.do("woke");
    assert.equal(stage.sockets.length, 2);
  });
});

describe("losing the connection elsewhere", () => {
  test("in the queue: the place is taken up, or asked for again", () => {
    const stage = createStage();
    stage.do("find", { wish: WISH });
    stage.welcome();
    stage.waiting();
    stage.socket.drop();
    stage.clock.pass(5_000);
    stage.welcome({ resumed: true });
    assert.deepEqual(stage.socket.sent[0].seen, {});
    assert.equal(stage.socket.ofType("find").length, 0);
    stage.socket.drop();
    stage.clock.pass(5_000);
    stage.welcome({ resumed: false });
    assert.equal(stage.socket.ofType("find").length, 1);
  });

  test("in the queue after an old conversation: what was seen there is not claimed for the next", () => {
    const stage = createStage().talk();
    stage.theirs(1, "a");
    stage.theirs(2, "b");
    stage.ended("left");
    stage.do("again");
    stage.waiting();
    stage.socket.drop();
    stage.clock.pass(5_000);
    stage.welcome({ resumed: true });
    assert.deepEqual(stage.socket.sent[0].seen, {});
    stage.matched({ room: "r2" });
    stage.theirs(1, "new", "r2");
    assert.deepEqual(stage.texts(), ["new"]);
  });

  test("in the queue for long: nobody is matched with an empty chair", () => {
    const stage = createStage();
    stage.do("find", { wish: WISH });
    stage.welcome();
    stage.waiting();
    stage.socket.drop();
    stage.clock.pass(120_000);
    stage.welcome({ resumed: false });
    assert.equal(stage.socket.ofType("find").length, 0);
    assert.equal(stage.state.phase, "idle");
    assert.equal(stage.state.notices.length, 1);
  });

  test("a long pause after a conversation does not count against the next search", () => {
    const stage = createStage().talk();
    stage.ended("left");
    stage.socket.drop();
    stage.clock.pass(600_000);
    stage.do("again");
    stage.welcome();
    assert.equal(stage.socket.ofType("find").length, 1);
  });

  test("after the end: no need to come back", () => {
    const stage = createStage().talk();
    stage.ended("left");
    stage.socket.drop(4503);
    stage.clock.pass(60_000);
    assert.equal(stage.sockets.length, 1);
    assert.equal(stage.state.phase, "ended");
  });

  test("4409: stays away until asked to be here, then resumes", () => {
    const stage = createStage().talk();
    stage.socket.drop(4409);
    stage.clock.pass(60_000);
    assert.equal(stage.sockets.length, 1);
    assert.equal(stage.state.halt, "elsewhere");
    assert.equal(placeOf(stage.state), null, "a reload of this tab must not steal the place back");
    stage.do("use-here");
    stage.welcome({ resumed: true });
    stage.matched();
    assert.equal(stage.socket.sent[0].resume, "token");
    assert.equal(stage.state.halt, null);
  });

  test("4401: loads the page again, unless there is something to read", () => {
    const waiting = createStage();
    waiting.do("find", { wish: WISH });
    waiting.welcome();
    waiting.socket.drop(4401);
    assert.equal(waiting.reloads, 1);
    const talking = createStage().talk();
    talking.socket.drop(4401);
    assert.equal(talking.reloads, 0);
    assert.equal(talking.state.halt, "expired");
    assert.equal(placeOf(talking.state), null);
  });

  test("4403 without a word: loads the page again, which says why", () => {
    const stage = createStage().talk();
    stage.socket.drop(4403);
    stage.clock.pass(60_000);
    assert.equal(stage.reloads, 1);
    assert.equal(stage.sockets.length, 1);
  });
});

describe("loading the page again", () => {
  test("takes the conversation up with everything that was said", () => {
    const before = createStage().talk();
    before.say("a", "one");
    before.sent("a", 1);
    before.theirs(1, "two");
    const place = placeFrom(JSON.parse(JSON.stringify(placeOf(before.state))));

    const stage = createStage();
    stage.do("restore", { place });
    assert.equal(stage.state.phase, "waiting");
    stage.welcome({ resumed: true });
    assert.deepEqual(stage.socket.sent[0], {
      type: "hello",
      protocol: 1,
      resume: "token",
      epoch: "e1",
      seen: {},
    });
    stage.matched();
    stage.mine(1, "one");
    stage.theirs(1, "two");
    assert.deepEqual(stage.texts(), ["one", "two"]);
    stage.say("b", "three");
    stage.sent("b", 2);
    assert.equal(stage.sockets.length, 1);
    stage.ended("left");
    stage.do("again");
    assert.deepEqual(stage.socket.ofType("find")[0].interests, ["jazz"]);
  });

  test("too late: back to the start, with a word about the conversation", () => {
    for (const [phase, words] of [
      ["talking", 1],
      ["waiting", 0],
    ]) {
      const stage = createStage();
      stage.do("restore", { place: { resume: "token", epoch: "e1", phase, wish: WISH } });
      stage.welcome({ resumed: false });
      stage.error("resume_failed");
      assert.equal(stage.state.phase, "idle");
      assert.equal(stage.state.notices.length, words);
      assert.equal(stage.socket.ofType("find").length, 0);
      assert.equal(placeOf(stage.state), null);
    }
  });

  test("nothing is remembered without a place", () => {
    const stage = createStage();
    assert.equal(placeOf(stage.state), null);
    stage.do("find", { wish: WISH });
    assert.equal(placeOf(stage.state), null);
    stage.welcome();
    stage.waiting();
    assert.equal(placeOf(stage.state)?.phase, "waiting");
    stage.matched();
    assert.equal(placeOf(stage.state)?.phase, "talking");
    stage.ended("left");
    assert.equal(placeOf(stage.state), null);
  });

  test("what was remembered may be anything", () => {
    for (const junk of [
      null,
      7,
      "x",
      {},
      { resume: "t" },
      { resume: "", epoch: "e", phase: "talking" },
      { resume: "t", epoch: "e", phase: "idle" },
    ]) {
      assert.equal(placeFrom(junk), null);
    }
    const odd = placeFrom({ resume: "t", epoch: "e", phase: "waiting", wish: { mode: "x" } });
    assert.equal(odd?.wish, null);
  });
});

describe("blocking", () => {
  test("asks once more; a click elsewhere takes it back", () => {
    const stage = createStage().talk();
    stage.do("block");
    assert.equal(stage.socket.ofType("block").length, 0);
    stage.do("elsewhere-clicked");
    stage.do("block");
    stage.do("block");
    assert.deepEqual(stage.socket.ofType("block"), [{ type: "block", room: "r1", ref: "block" }]);
    stage.ended("you_left");
    assert.equal(stage.state.room?.ended, "blocked");
  });

  test("is not asked at the same time as whether to stop", () => {
    const stage = createStage().talk();
    stage.do("stop");
    stage.do("block");
    assert.equal(stage.state.asked, "block");
    stage.do("stop");
    assert.equal(stage.state.asked, "stop");
    assert.equal(stage.state.phase, "talking");
  });

  test("is asked anew when the second press comes late", () => {
    const stage = createStage().talk();
    stage.do("block");
    stage.clock.pass(REALLY_MS - 1);
    assert.equal(stage.state.asked, "block");
    stage.clock.pass(1);
    assert.equal(stage.state.asked, "");
    stage.do("block");
    assert.equal(stage.socket.ofType("block").length, 0);
    stage.clock.pass(REALLY_MS - 1);
    stage.do("block");
    assert.equal(stage.socket.ofType("block").length, 1);
  });

  test("goes out again when the connection was lost before the answer", () => {
    const stage = createStage().talk();
    stage.do("block");
    stage.do("block");
    stage.socket.drop();
    stage.resume();
    assert.equal(stage.socket.ofType("block").length, 1);
    stage.ended("you_left");
    assert.equal(stage.state.room?.ended, "blocked");
  });

  test("says so when it could not be done", () => {
    const ended = createStage().talk();
    ended.do("block");
    ended.do("block");
    ended.ended("left");
    assert.equal(ended.state.notices[0]?.text, BLOCKED_MESSAGE);

    const left = createStage().talk();
    left.do("block");
    left.do("block");
    left.socket.drop();
    left.do("stop");
    left.do("stop");
    assert.equal(left.state.notices[0]?.text, BLOCKED_MESSAGE);
  });
});

describe("the end", () => {
  for (const reason of ["left", "lost", "moderated", "idle", "reset", "something_new"]) {
    test(`${reason}: the log and what is in common stay`, () => {
      const stage = createStage().talk();
      stage.theirs(1, "a");
      stage.ended(reason);
      assert.equal(stage.state.phase, "ended");
      assert.equal(stage.state.room?.ended, reason);
      assert.deepEqual(stage.state.room?.common, ["jazz"]);
      assert.deepEqual(stage.texts(), ["a"]);
    });
  }

  test("another room's end is not this one's", () => {
    const stage = createStage().talk();
    stage.ended("left", "r9");
    assert.equal(stage.state.phase, "talking");
  });

  test("going home leaves, says bye and closes", () => {
    const stage = createStage().talk();
    stage.do("home");
    assert.deepEqual(
      stage.socket.sent.slice(-2).map((frame) => frame.type),
      ["leave", "bye"],
    );
    assert.equal(stage.state.connection, "closed");
    assert.equal(stage.state.room, null);
  });
});

describe("the machine", () => {
  test("no event in no phase breaks it, and states stay frozen", () => {
    const events = [
      ...[
        "tick",
        "woke",
        "again",
        "relax",
        "stop",
        "escape",
        "elsewhere-clicked",
        "home",
        "block",
        "report-open",
        "report-close",
        "acknowledge",
      ].map((type) => ({ type })),
      { type: "use-here" },
      { type: "try-now" },
      { type: "network", online: false },
      { type: "network", online: true },
      { type: "visibility", visible: false },
      { type: "status", status: { online: 3, queues: null } },
      { type: "find", wish: WISH },
      { type: "say", id: "x", text: "x" },
      { type: "find", wish: { ...WISH, role: "ask", question: "What would you take?", reveal: true } },
      { type: "find", wish: { ...WISH, role: "discuss" } },
      { type: "chat-instead" },
      { type: "ask", ref: "q", text: "And what else?" },
      { type: "report-about", about: 1 },
      { type: "retry", id: "x" },
      { type: "typed", empty: false },
      { type: "dismiss", id: "x" },
      { type: "report", reason: "spam", note: " it is " },
      { type: "restore", place: { resume: "t", epoch: "e", phase: "talking", wish: null } },
      ...[
        { type: "waiting", interests: [], languages: [] },
        MATCHED,
        WATCHING,
        DISCUSSING,
        { type: "question", room: "r1", n: 1, text: "Why?", at: "nonsense", after: { 1: 1 }, ref: "q" },
        { type: "reader", room: "r1", present: false },
        { type: "error", code: "bad_question", detail: "No.", ref: "q" },
        { type: "message", room: "r1", seat: 2, seq: 1, text: "t", at: "nonsense" },
        { type: "sent", room: "r1", id: "x", seq: 1 },
        { type: "typing", seat: 2, on: true },
        { type: "presence", seat: 2, connected: false },
        { type: "ended", room: "r1", reason: "left", by: 2 },
        { type: "ended", room: "r1", reason: "you_left", by: 1 },
        { type: "error", code: "odd", detail: "" },
        { type: "error", code: "unavailable", detail: "No.", ref: "report" },
        { type: "reported", receipt: "R-1", url: "/report/1/" },
        { type: "warned", statement: "Do not.", url: "/decision/1/" },
        { type: "draining", reconnect_in_ms: 5 },
        { type: "welcome", name: "n", resume: "t", epoch: "e", resumed: false, online: 1, video: "off" },
        { type: "welcome", name: "n", resume: "t", epoch: "f", resumed: true, online: 1, video: "off" },
      ].map((frame) => ({ type: "frame", frame })),
      ...["open", "reconnecting", "closed"].map((phase) => ({
        type: "connection",
        report: { phase, attempt: 1, retryAt: null, reason: "", halt: null },
      })),
    ];
    // A small generator, so that a failure can be repeated.
    let seed = 42;
    const random = (below) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    let state = initialState(0);
    const phases = new Set();
    for (let n = 0; n < 30_000; n += 1) {
      const event = events[random(events.length)];
      const { state: next, effects } = step(state, event, n * 50);
      assert.ok(Object.isFrozen(next) && Object.isFrozen(effects));
      assert.ok(next.room === null || Object.isFrozen(next.room));
      assert.equal(next.phase === "talking" && next.room === null, false, "talking without a room");
      assert.equal(next.phase === "talking" && next.room?.ended !== "", false, "talking in an ended room");
      assert.equal(next.phase === "ended" && next.room?.ended === "", false, "ended in a room that goes on");
      for (const effect of effects) {
        const frame = effect.do === "send" ? effect.frame : null;
        if (frame && ["message", "typing", "question", "block", "report"].includes(frame.type))
          assert.equal(frame.room, "r1");
        if (frame && ["message", "typing", "question"].includes(frame.type))
          assert.equal(
            next.room?.role === "ask",
            frame.type === "question",
            "who watches asks, and says nothing",
          );
      }
      helloFrame(next);
      nextDeadline(next);
      phases.add(next.phase);
      state = next;
    }
    assert.equal(phases.size, 4, "the walk went everywhere");
  });
});

describe("news", () => {
  /** What was news in the course of this. */
  function heard(stage, course) {
    const news = [];
    stage.session.watch((state, previous) => news.push(newsOf(state, previous)));
    course();
    return news.filter((each) => each !== "");
  }

  test("is a match, what they say, and an end that they or nobody made", () => {
    const stage = createStage();
    const news = heard(stage, () => {
      stage.talk();
      stage.say("m1", "hi");
      stage.sent("m1", 1);
      stage.theirs(1, "hello");
      stage.theirs(1, "hello");
      stage.ended("left");
    });
    assert.deepEqual(news, ["met", "message", "ended"]);
  });

  test("is not what the visitor did, nor what a reload brings back", () => {
    const stage = createStage().talk();
    assert.deepEqual(
      heard(stage, () => {
        stage.do("stop");
        stage.do("stop");
      }),
      [],
    );
    const again = createStage();
    assert.deepEqual(
      heard(again, () => {
        again.do("restore", { place: { resume: "token", epoch: "e1", phase: "talking", wish: WISH } });
        again.welcome({ resumed: true });
        again.matched();
      }),
      [],
    );
  });
});

describe("meeting again", () => {
  test("is asked once, and the match that follows is taken", () => {
    const stage = createStage().talk();
    stage.ended("left");
    assert.equal(mayMeetAgain(stage.state), true);
    stage.do("meet-again");
    stage.do("meet-again");
    assert.deepEqual(stage.socket.ofType("again"), [{ type: "again", room: "r1", ref: "again" }]);
    stage.socket.say({ type: "again", room: "r1", seconds: 50, ref: "again" });
    assert.equal(stage.state.phase, "ended");
    stage.matched({ room: "r2" });
    assert.equal(stage.state.phase, "talking");
    assert.deepEqual([stage.state.room?.id, stage.texts(), stage.state.again], ["r2", [], null]);
  });

  test("is over after a minute, and nothing is taken that was not asked for", () => {
    const stage = createStage().talk();
    stage.ended("lost");
    stage.matched({ room: "r2" });
    assert.equal(stage.state.phase, "ended");
    stage.clock.pass(AGAIN_MS);
    assert.equal(mayMeetAgain(stage.state), false);
    stage.do("meet-again");
    assert.deepEqual(stage.socket.ofType("again"), []);
  });

  test("is not offered after an end that was wanted, nor to who reported or lost the connection", () => {
    for (const reason of ["moderated", "reset"]) {
      const stage = createStage().talk();
      stage.ended(reason);
      assert.equal(mayMeetAgain(stage.state), false, reason);
    }
    const blocked = createStage().talk();
    blocked.do("block");
    blocked.do("block");
    blocked.ended("you_left");
    assert.equal(mayMeetAgain(blocked.state), false);
    const reported = createStage().talk();
    reported.ended("left");
    reported.do("report-open");
    reported.do("report", { reason: "spam", note: "" });
    assert.equal(mayMeetAgain(reported.state), false);
    const dropped = createStage().talk();
    dropped.ended("left");
    dropped.socket.drop();
    assert.equal(mayMeetAgain(dropped.state), false);
  });

  test("what the server refuses is said and not offered again", () => {
    const stage = createStage().talk();
    stage.ended("left");
    stage.do("meet-again");
    stage.error("unavailable", "again", "It is too late to meet again.");
    assert.equal(mayMeetAgain(stage.state), false);
    assert.deepEqual(
      stage.state.notices.map(({ text }) => text),
      ["It is too late to meet again."],
    );
  });
});
