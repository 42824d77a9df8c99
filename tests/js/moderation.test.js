/** What a visitor sees of moderation: a report until its receipt, warnings, bans, masked and refused texts. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { NOTE_CHARS, REASONS, readFrame } from "../../static/js/net/frames.js";
import { REPORT_STALL_MS, REPORT_WINDOW_MS } from "../../static/js/session/report.js";
import { endOf, nextDeadline, placeOf } from "../../static/js/session/selectors.js";
import { createStage, WISH } from "./support/stage.js";

const contract = (name) =>
  JSON.parse(readFileSync(new URL(`../contract/frames/${name}.json`, import.meta.url), "utf8"));
const [REPORTED] = contract("server").filter((frame) => frame.type === "reported");
const BANS = contract("server").filter((frame) => frame.type === "banned");
const WARNED = { type: "warned", statement: "Rule 6.", url: "/decision/1/" };

/** A conversation with the question for the reason open. */
const asked = () => {
  const stage = createStage().talk();
  stage.do("report-open");
  return stage;
};
const reports = (stage) => stage.socket.ofType("report");
const steps = (stage) => stage.state.filing?.step;

describe("the contract", () => {
  test("every frame that the server may send is read", () => {
    for (const frame of contract("server")) assert.deepEqual(readFrame(JSON.stringify(frame)), frame);
  });

  test("the report is the one of the contract", () => {
    const [example] = contract("client").filter((frame) => frame.ref === "report");
    const stage = createStage();
    stage.do("find", { wish: WISH });
    stage.welcome();
    stage.waiting();
    stage.matched({ room: "a9f3" });
    stage.do("report-open");
    stage.do("report", { reason: "self_harm", note: "  She said so.\n" });
    assert.deepEqual(reports(stage), [example]);
  });

  test("the page offers the reasons and the length that the server takes", () => {
    const protocol = readFileSync(new URL("../../chat/protocol.py", import.meta.url), "utf8");
    const [, list] = /^Reason = Literal\[(.+?)\]/msu.exec(protocol) ?? [];
    assert.deepEqual(
      [...(list ?? "").matchAll(/"(.+?)"/gu)].map(([, reason]) => reason),
      [...REASONS],
    );
    assert.match(protocol, new RegExp(`^NOTE_CHARS: Final = ${NOTE_CHARS}$`, "mu"));
    const dialog = readFileSync(new URL("../../templates/parts/report.html", import.meta.url), "utf8");
    const policy = readFileSync(new URL("../../moderation/policy/__init__.py", import.meta.url), "utf8");
    for (const reason of REASONS) {
      const [, label] = new RegExp(`^    "${reason}": gettext_noop\\("(.+)"\\),$`, "mu").exec(policy) ?? [];
      assert.match(
        dialog,
        new RegExp(`data-reason="${reason}"\\s[^>]*>\\{% translate "${label}" %\\}</button>`, "u"),
      );
    }
  });
});

describe("reporting", () => {
  test("asks for the reason; going back says nothing to anybody", () => {
    const stage = asked();
    assert.deepEqual([steps(stage), stage.state.filing?.who], ["asking", "Quiet Otter"]);
    stage.do("report-close");
    assert.equal(stage.state.filing, null);
    stage.do("report", { reason: "spam", note: "" });
    assert.deepEqual(reports(stage), []);
    assert.equal(stage.state.phase, "talking");
  });

  test("takes back the other questions", () => {
    const stage = createStage().talk();
    stage.do("block");
    stage.do("report-open");
    assert.equal(stage.state.asked, "");
    stage.do("report-close");
    stage.do("stop");
    stage.do("report-open");
    assert.equal(stage.state.asked, "");
  });

  test("goes out once, without an empty note, and ends with a receipt", () => {
    const stage = asked();
    stage.do("report", { reason: "spam", note: " \n" });
    stage.do("report", { reason: "hate", note: "" });
    assert.deepEqual(reports(stage), [{ type: "report", room: "r1", reason: "spam", ref: "report" }]);
    stage.ended("you_left");
    assert.equal(stage.state.phase, "ended");
    assert.equal(endOf(stage.state), "you_left", "nothing is promised before the receipt");
    stage.socket.say(REPORTED);
    assert.equal(endOf(stage.state), "reported");
    const { step, open, receipt, url } = stage.state.filing ?? {};
    assert.deepEqual(
      { step, open, receipt, url },
      { step: "filed", open: true, receipt: REPORTED.receipt, url: REPORTED.url },
    );
  });

  test("the receipt may come before the end, also in the first seconds of a search", () => {
    const stage = asked();
    stage.do("report", { reason: "nudity", note: "" });
    stage.socket.say(REPORTED);
    stage.ended("you_left");
    assert.equal(stage.state.phase, "ended");
    assert.equal(endOf(stage.state), "reported");
  });

  test("a question that is only open does not make an end of one's own", () => {
    const stage = asked();
    stage.ended("you_left");
    assert.equal(stage.state.phase, "waiting", "a match that crossed with a leave");
  });

  test("goes on when the stranger leaves at the same moment", () => {
    const stage = asked();
    stage.ended("left");
    assert.equal(steps(stage), "asking");
    stage.do("report", { reason: "violence", note: "" });
    assert.equal(reports(stage)[0].room, "r1");
    stage.socket.say(REPORTED);
    assert.equal(endOf(stage.state), "left");
  });

  test("the same conversation again shows the receipt, the next one asks anew", () => {
    const stage = asked();
    stage.do("report", { reason: "spam", note: "" });
    stage.ended("you_left");
    stage.socket.say(REPORTED);
    stage.do("report-close");
    stage.do("report-open");
    assert.deepEqual([steps(stage), stage.state.filing?.open], ["filed", true]);
    stage.do("report-close");
    stage.do("again");
    stage.waiting();
    stage.matched({ room: "r2" });
    stage.do("report-open");
    assert.deepEqual([steps(stage), stage.state.filing?.room], ["asking", "r2"]);
    assert.equal(reports(stage).length, 1);
  });

  test("an error shows its sentence and lets it be tried again", () => {
    const stage = asked();
    stage.do("report", { reason: "spam", note: "" });
    stage.error("unavailable", "report", "Not at the moment.");
    const { step, open, problem } = stage.state.filing ?? {};
    assert.deepEqual({ step, open, problem }, { step: "asking", open: true, problem: "Not at the moment." });
    assert.equal(stage.state.phase, "talking");
    assert.deepEqual(stage.state.notices, []);
    stage.do("report", { reason: "spam", note: "" });
    assert.equal(stage.state.filing?.problem, "");
    assert.equal(reports(stage).length, 2);
  });

  test("an error after the dialog was closed is told as a notice", () => {
    const stage = asked();
    stage.do("report", { reason: "spam", note: "" });
    stage.do("report-close");
    assert.equal(steps(stage), "sending");
    stage.error("too_fast", "report", "Wait a little.");
    assert.equal(stage.state.filing, null);
    assert.match(stage.state.notices[0]?.text ?? "", /did not arrive.*Wait a little/u);
  });

  test("without a connection it is kept, and goes out with the next one", () => {
    const stage = asked();
    stage.socket.drop();
    stage.do("report", { reason: "hate", note: "n" });
    assert.equal(steps(stage), "sending");
    stage.resume();
    assert.deepEqual(
      reports(stage).map(({ reason, note }) => [reason, note]),
      [["hate", "n"]],
    );
    stage.socket.say(REPORTED);
    stage.ended("you_left");
    assert.equal(endOf(stage.state), "reported");
  });

  test("an answer that was lost with the connection is asked for again", () => {
    const stage = asked();
    stage.do("report", { reason: "hate", note: "" });
    stage.socket.drop();
    stage.clock.pass(5_000);
    stage.welcome({ resumed: false });
    assert.equal(endOf(stage.state), "away");
    assert.equal(reports(stage).length, 1);
    stage.socket.say(REPORTED);
    assert.equal(steps(stage), "filed");
  });

  test("silence takes a new connection; after the third it says so", () => {
    const stage = asked();
    stage.do("report", { reason: "hate", note: "" });
    for (let n = 2; n <= 3; n += 1) {
      stage.clock.pass(REPORT_STALL_MS);
      assert.equal(stage.sockets.length, n);
      stage.welcome({ resumed: true });
      stage.matched();
      assert.equal(reports(stage).length, 1);
    }
    stage.clock.pass(REPORT_STALL_MS);
    assert.equal(steps(stage), "asking");
    assert.match(stage.state.filing?.problem ?? "", /did not confirm/u);
    assert.equal(stage.sockets.length, 3);
  });

  test("after the end it connects again where the connection has gone", () => {
    const stage = createStage().talk();
    stage.ended("left");
    stage.socket.drop();
    assert.equal(stage.state.connection, "closed");
    stage.do("report-open");
    stage.do("report", { reason: "minor", note: "" });
    stage.welcome();
    assert.deepEqual(
      stage.socket.sent.map((frame) => frame.type),
      ["hello", "report"],
    );
    stage.socket.drop();
    stage.clock.pass(5_000);
    stage.welcome();
    assert.equal(reports(stage).length, 1, "it comes back until it has an answer");
    stage.socket.say(REPORTED);
    assert.equal(stage.state.phase, "ended");
  });

  test("ten minutes after the end it is too late", () => {
    const stage = createStage().talk();
    stage.ended("left");
    stage.clock.pass(REPORT_WINDOW_MS - 1);
    assert.equal(stage.state.room?.reportable, true);
    stage.clock.pass(1);
    assert.equal(stage.state.room?.reportable, false);
    stage.do("report-open");
    assert.equal(stage.state.filing, null);
    assert.equal(nextDeadline(stage.state), null);
  });

  test("who goes home meanwhile hangs up with the answer, and gets the reference", () => {
    const stage = asked();
    stage.do("report", { reason: "spam", note: "" });
    stage.do("report-close");
    stage.do("home");
    assert.equal(stage.socket.ofType("bye").length, 0);
    assert.equal(placeOf(stage.state), null);
    stage.socket.say(REPORTED);
    assert.match(stage.state.notices[0]?.text ?? "", new RegExp(REPORTED.receipt, "u"));
    assert.equal(stage.state.notices[0]?.url, REPORTED.url);
    assert.equal(stage.socket.ofType("bye").length, 1);
    assert.equal(stage.state.connection, "closed");
  });

  test("a visit that is over keeps the words, not the wait", () => {
    const stage = asked();
    stage.do("report", { reason: "spam", note: "" });
    stage.socket.drop(4401);
    assert.equal(steps(stage), "asking");
    assert.match(stage.state.filing?.problem ?? "", /closed/u);
  });

  test("another tab may give the connection back", () => {
    const stage = asked();
    stage.do("report", { reason: "spam", note: "" });
    stage.socket.drop(4409);
    assert.equal(steps(stage), "sending");
    stage.do("use-here");
    stage.welcome({ resumed: true });
    assert.equal(reports(stage).length, 1);
  });

  test("is not offered where there is nobody", () => {
    const stage = createStage();
    stage.do("report-open");
    stage.do("find", { wish: WISH });
    stage.do("report-open");
    assert.equal(stage.state.filing, null);
  });

  test("a receipt that nobody waits for is nothing", () => {
    const stage = asked();
    stage.socket.say(REPORTED);
    assert.equal(steps(stage), "asking");
  });
});

describe("being warned", () => {
  test("stays until it is acknowledged, one after the other, the same one once", () => {
    const stage = createStage().talk();
    stage.socket.say(WARNED);
    stage.socket.say(WARNED);
    stage.socket.say({ ...WARNED, url: "/decision/2/" });
    stage.do("stop");
    assert.deepEqual(
      stage.state.warnings.map((warning) => warning.url),
      ["/decision/1/", "/decision/2/"],
    );
    stage.do("acknowledge");
    assert.equal(stage.state.warnings[0]?.url, "/decision/2/");
    stage.do("acknowledge");
    stage.do("acknowledge");
    assert.deepEqual(stage.state.warnings, []);
    assert.equal(stage.state.phase, "talking", "the conversation goes on");
  });
});

describe("being banned", () => {
  for (const frame of BANS) {
    test(`${frame.until ? "for a time" : "for good"}: everything ends, nothing begins, nobody comes back`, () => {
      const stage = createStage().talk();
      stage.socket.say(WARNED);
      stage.socket.say(frame);
      stage.socket.drop(4403);
      assert.deepEqual(stage.state.ban, { statement: frame.statement, url: frame.url });
      assert.deepEqual([stage.state.phase, stage.state.room], ["idle", null]);
      assert.deepEqual([stage.state.warnings, stage.state.notices], [[], []]);
      assert.equal(placeOf(stage.state), null);
      for (const event of ["again", "escape", "stop", "report-open", "use-here"]) stage.do(event);
      stage.do("find", { wish: WISH });
      stage.do("network", { online: true });
      stage.do("visibility", { visible: true });
      stage.clock.pass(60_000);
      assert.deepEqual([stage.sockets.length, stage.reloads, stage.state.phase], [1, 0, "idle"]);
    });
  }

  test("at the door, before any welcome", () => {
    const stage = createStage();
    stage.do("find", { wish: WISH });
    stage.socket.open();
    stage.socket.say(BANS[1]);
    stage.clock.pass(60_000);
    assert.notEqual(stage.state.ban, null);
    assert.equal(stage.sockets.length, 1);
  });
});

describe("the filter", () => {
  test("a masked message says so, others do not", () => {
    const stage = createStage().talk();
    stage.theirs(1, "hello");
    stage.socket.say({
      type: "message",
      room: "r1",
      seat: 2,
      seq: 2,
      text: "****",
      at: "2026-11-21T02:13:24Z",
      masked: true,
    });
    assert.deepEqual(
      stage.state.room?.entries.map((entry) => entry.masked),
      [false, true],
    );
  });

  test("an own masked one that a reload brings back says so too", () => {
    const stage = createStage();
    stage.do("restore", { place: { resume: "t", epoch: "e1", phase: "talking", wish: WISH } });
    stage.welcome({ resumed: true });
    stage.matched();
    const at = "2026-11-21T02:13:24Z";
    stage.socket.say({ type: "message", room: "r1", seat: 1, seq: 1, text: "***", at, masked: true });
    assert.deepEqual(
      stage.state.room?.entries.map(({ kind, masked }) => [kind, masked]),
      [["mine", true]],
    );
  });

  test("a refused message keeps its text, and says why; the conversation goes on", () => {
    const stage = createStage().talk();
    stage.say("a", "my number is 555");
    stage.say("b", "ok?");
    stage.error("refused_text", "a", "No numbers in the first minutes.");
    const [entry] = stage.state.room?.entries ?? [];
    assert.deepEqual(
      [entry?.delivery, entry?.refused, entry?.text, entry?.why],
      ["failed", true, "my number is 555", "Not delivered: No numbers in the first minutes."],
    );
    stage.sent("b", 1);
    assert.deepEqual(stage.deliveries(), ["a:failed", "b:sent"]);
    assert.equal(stage.state.phase, "talking");
    assert.deepEqual(stage.state.notices, []);
  });

  test("only what the filter refused is marked as such", () => {
    const stage = createStage().talk();
    stage.say("a", "x");
    stage.error("too_fast", "a", "Wait.");
    assert.equal(stage.state.room?.entries[0]?.refused, false);
  });
});
