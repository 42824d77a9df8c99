import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  adapted,
  DOWN_AFTER,
  firstLadder,
  OFF_AFTER,
  RUNGS,
  rungOf,
  UP_AFTER,
} from "../../static/js/call/adaptation.js";
import { choicesOf, nextChoice, problemFrom, troubleOf } from "../../static/js/call/devices.js";
import {
  ACQUIRE_MS,
  AWAY_MS,
  CONNECT_MS,
  FIRST_TRY_MS,
  ICE_MS,
  MOST_RENEWALS,
  MOST_TRIES,
  PATIENCE_MS,
  RECOVER_MS,
  step,
} from "../../static/js/call/machine.js";
import { fingerprintOf, judged } from "../../static/js/call/negotiation.js";
import { graded, sampleFrom } from "../../static/js/call/quality.js";
import { isOpen, isSeen, NO_CALL, nextCallDeadline, sending, toTell } from "../../static/js/call/state.js";
import {
  betweenCalls,
  callLine,
  DIRECT,
  deviceProblem,
  nextIn,
  videoNote,
} from "../../static/js/core/call-phrases.js";

const BOTH = { camera: true, microphone: true };
const RELAY = [{ urls: "turn:relay" }];
const SHOWING = { ...BOTH, shown: true };
const OFFER = { description: { type: "offer", sdp: "a=fingerprint:sha-256 AA" } };

/** A call on a clock of its own; what it wants done is collected. */
function createCaller({ policy = "relay", polite = false, restored = false, wants = BOTH } = {}) {
  let call = NO_CALL;
  let now = 1_000;
  /** @type {any[]} */
  const done = [];
  const caller = {
    get call() {
      return call;
    },
    done,
    do(type, more = {}) {
      const result = step(call, { type, ...more }, now);
      call = result.call;
      done.push(...result.effects);
      return result.effects;
    },
    /** Let time pass, with every tick that falls due. */
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const due = nextCallDeadline(call);
        if (due === null || due > end) break;
        now = Math.max(now, due);
        caller.do("tick");
      }
      now = end;
    },
    of: (what) => done.filter((effect) => effect.do === what),
    acquired: (has = BOTH, problem = null) => caller.do("acquired", { asked: wants, has, problem }),
    peer: (state) => caller.do("peer", { peer: call.peer, state }),
    theirs: (media) => caller.do("media", { media }),
    begin: () => caller.do("begin", { room: "r1", polite, restored, servers: RELAY, policy }),
    /** Up to a picture on both sides. */
    seen() {
      caller.begin();
      caller.acquired();
      caller.peer("connected");
      caller.do("show", { on: true });
      caller.theirs(SHOWING);
      return caller;
    },
  };
  caller.do("prefer", { wants });
  return caller;
}

const sample = (more = {}) => ({
  bytes: 1000,
  got: 100,
  lost: 0,
  sentLoss: 0,
  receivedLoss: 0,
  rtt: 40,
  available: 900,
  fps: 25,
  way: "relay",
  ...more,
});

describe("the way of a call", () => {
  test("idle, acquiring, negotiating, connected, recovering, connected, ended", () => {
    const caller = createCaller();
    assert.equal(caller.call.phase, "idle");
    caller.begin();
    assert.equal(caller.call.phase, "acquiring");
    assert.deepEqual(caller.of("acquire"), [{ do: "acquire", kinds: BOTH }]);
    caller.acquired();
    assert.equal(caller.call.phase, "negotiating");
    caller.peer("connected");
    assert.equal(caller.call.phase, "connected");
    caller.peer("disconnected");
    assert.equal(caller.call.phase, "recovering");
    caller.peer("connected");
    assert.equal(caller.call.phase, "connected");
    caller.do("end", { reason: "over" });
    assert.equal(caller.call.phase, "ended");
    assert.equal(caller.call.reason, "over");
    assert.deepEqual(
      caller.done.slice(-2).map((effect) => effect.do),
      ["close", "release"],
    );
    assert.equal(nextCallDeadline(caller.call), null);
  });

  test("nothing is switched on that was not wanted", () => {
    const caller = createCaller({ wants: { camera: false, microphone: false } });
    caller.begin();
    assert.equal(caller.call.phase, "negotiating");
    assert.deepEqual(caller.of("acquire"), []);
    assert.deepEqual(caller.of("tell")[0].media, { camera: false, microphone: false, shown: false });
  });

  test("devices are not waited for for ever, and taken when they come", () => {
    const caller = createCaller();
    caller.begin();
    caller.pass(ACQUIRE_MS);
    assert.equal(caller.call.phase, "negotiating");
    caller.acquired();
    assert.deepEqual(caller.call.has, BOTH);
  });

  test("who is impolite offers, who is polite waits, who was loaded again offers in any case", () => {
    for (const [polite, restored, offers] of [
      [false, false, true],
      [true, false, false],
      [true, true, true],
    ]) {
      const caller = createCaller({ polite, restored });
      caller.begin();
      caller.acquired();
      assert.equal(caller.of("open")[0].offers, offers);
    }
  });

  test("an offer that came before the devices is taken instead of making one", () => {
    const caller = createCaller({ restored: true });
    caller.begin();
    caller.do("signal", { data: OFFER });
    assert.deepEqual(caller.of("take"), []);
    caller.acquired();
    assert.equal(caller.of("open")[0].offers, false);
    assert.deepEqual(caller.of("take"), [{ do: "take", data: OFFER }]);
  });

  test("the next room ends the call before it", () => {
    const caller = createCaller().seen();
    caller.do("begin", { room: "r2", polite: true, restored: false, servers: RELAY, policy: "relay" });
    assert.equal(caller.of("close").length, 1);
    assert.equal(caller.of("release").length, 1);
    assert.equal(caller.call.room, "r2");
    assert.equal(caller.call.shown, false);
    assert.equal(caller.call.theirs.shown, false);
  });

  test("what an older connection says is nobody's business", () => {
    const caller = createCaller().seen();
    caller.do("peer", { peer: caller.call.peer - 1, state: "failed" });
    assert.equal(caller.call.phase, "connected");
  });

  test("after the end nothing moves it", () => {
    const caller = createCaller().seen();
    caller.do("end", { reason: "over" });
    const { length } = caller.done;
    caller.do("signal", { data: OFFER });
    caller.do("show", { on: true });
    caller.do("want", { kind: "camera", on: true });
    caller.acquired();
    caller.pass(60_000);
    assert.equal(caller.done.length, length);
    assert.equal(caller.call.phase, "ended");
  });
});

describe("covered until both agree", () => {
  test("nothing goes out before both pressed Show, nor after either covered again", () => {
    const caller = createCaller();
    caller.begin();
    caller.acquired();
    caller.peer("connected");
    const out = () => sending(caller.call);
    const closed = { camera: false, microphone: false };
    assert.deepEqual(out(), closed);
    caller.do("show", { on: true });
    assert.deepEqual(out(), closed);
    caller.theirs(SHOWING);
    assert.deepEqual(out(), BOTH);
    assert.ok(isOpen(caller.call) && isSeen(caller.call));
    caller.theirs({ ...SHOWING, shown: false });
    assert.deepEqual(out(), closed);
    caller.theirs(SHOWING);
    caller.do("show", { on: false });
    assert.deepEqual(out(), closed);
    assert.ok(!isSeen(caller.call));
  });

  test("every change is told once", () => {
    const caller = createCaller().seen();
    caller.do("show", { on: true });
    caller.do("want", { kind: "microphone", on: false });
    caller.do("want", { kind: "microphone", on: false });
    assert.deepEqual(
      caller.of("tell").map(({ media }) => [media.camera, media.microphone, media.shown]),
      [
        [false, false, false],
        [true, true, false],
        [true, true, true],
        [true, false, true],
      ],
    );
  });

  test("it is told again on a new connection to the server, and after a refusal", () => {
    const caller = createCaller().seen();
    caller.done.length = 0;
    caller.do("reach", { line: false, here: true });
    caller.do("show", { on: false });
    assert.deepEqual(caller.of("tell"), [], "nobody would hear it");
    caller.do("renewed", { servers: RELAY, policy: "relay" });
    caller.do("reach", { line: true, here: true });
    assert.deepEqual(caller.of("tell").at(-1).media, { ...BOTH, shown: false });
    caller.done.length = 0;
    caller.do("refused", { what: "media", code: "too_fast" });
    assert.deepEqual(caller.of("tell"), []);
    caller.pass(5_000);
    assert.equal(caller.of("tell").length, 1);
  });

  test("a camera that is switched off is let go, a microphone only muted", () => {
    const caller = createCaller().seen();
    caller.do("want", { kind: "camera", on: false });
    caller.do("want", { kind: "microphone", on: false });
    assert.deepEqual(caller.of("stop"), [{ do: "stop", kind: "camera" }]);
    assert.deepEqual(sending(caller.call), { camera: false, microphone: false });
    caller.done.length = 0;
    caller.do("want", { kind: "camera", on: true });
    caller.do("want", { kind: "microphone", on: true });
    assert.deepEqual(caller.of("acquire"), [{ do: "acquire", kinds: { camera: true, microphone: false } }]);
    assert.deepEqual(sending(caller.call), { camera: false, microphone: true });
  });

  test("a camera that comes when it is not wanted any more is let go", () => {
    const caller = createCaller();
    caller.begin();
    caller.do("want", { kind: "camera", on: false });
    caller.done.length = 0;
    caller.acquired();
    assert.deepEqual(caller.of("stop"), [{ do: "stop", kind: "camera" }]);
    assert.deepEqual(caller.call.has, { camera: false, microphone: true });
  });

  test("a device that is refused, or pulled out, is a problem and not the end", () => {
    const caller = createCaller();
    caller.begin();
    const problem = { kind: "both", trouble: "denied" };
    caller.acquired({ camera: false, microphone: false }, problem);
    assert.equal(caller.call.phase, "negotiating");
    assert.deepEqual(caller.call.problem, problem);
    const other = createCaller().seen();
    other.do("lost", { kind: "camera" });
    assert.deepEqual(other.call.problem, { kind: "camera", trouble: "lost" });
    assert.deepEqual(other.of("tell").at(-1).media, { camera: false, microphone: true, shown: true });
    other.do("lost", { kind: "microphone" });
    assert.deepEqual(other.call.problem, { kind: "both", trouble: "lost" });
    assert.equal(other.call.phase, "connected");
  });
});

describe("direct video", () => {
  const direct = (more = {}) => createCaller({ policy: "all", ...more });

  test("before consent nothing is on, said, or negotiated", () => {
    const caller = direct();
    caller.begin();
    caller.do("signal", { data: OFFER });
    caller.theirs({ ...BOTH, shown: false, direct: true });
    caller.do("show", { on: true });
    caller.pass(60_000);
    assert.deepEqual(caller.done, []);
    assert.equal(caller.call.phase, "idle");
  });

  test("the connection is opened when both agreed, whoever was first", () => {
    const first = direct();
    first.begin();
    first.do("agree");
    first.acquired();
    assert.deepEqual(first.of("open"), []);
    assert.equal(first.of("tell").at(-1).media.direct, true);
    first.pass(60_000);
    assert.equal(first.call.phase, "negotiating", "somebody may think about it for long");
    first.theirs({ ...BOTH, shown: false, direct: true });
    assert.equal(first.of("open").length, 1);

    const second = direct();
    second.begin();
    second.theirs({ ...BOTH, shown: false });
    second.do("agree");
    second.acquired();
    assert.equal(second.of("open").length, 1);
  });

  test("a signal that was too early for the server waits for the stranger's next word", () => {
    const caller = direct();
    caller.begin();
    caller.theirs({ ...BOTH, shown: false });
    caller.do("agree");
    caller.acquired();
    caller.do("refused", { what: "signal", code: "not_allowed" });
    assert.equal(caller.of("close").length, 1);
    caller.theirs({ ...BOTH, shown: false });
    assert.equal(caller.of("open").length, 2);
  });

  test("declined is text only, and takes back what the server may have kept, once there is a line", () => {
    const withdrawn = { camera: false, microphone: false, shown: false, direct: false };
    const cutOff = direct();
    cutOff.begin();
    cutOff.do("reach", { line: false, here: true });
    cutOff.do("decline");
    assert.deepEqual(cutOff.of("tell"), []);
    cutOff.do("reach", { line: true, here: true });
    assert.deepEqual(cutOff.of("tell"), [{ do: "tell", media: withdrawn }]);
    const caller = direct();
    caller.begin();
    caller.do("decline");
    caller.do("agree");
    assert.deepEqual(caller.of("tell"), [{ do: "tell", media: withdrawn }]);
    assert.equal(caller.call.reason, "declined");
    assert.match(callLine(caller.call), /in text/u);
  });

  test("who agreed, or was still asked, does not wait for a stranger who declined", () => {
    for (const agrees of [true, false]) {
      const caller = direct();
      caller.begin();
      if (agrees) {
        caller.do("agree");
        caller.acquired();
      }
      caller.theirs({ camera: false, microphone: false, shown: false, direct: false });
      assert.equal(caller.call.phase, "ended");
      assert.equal(caller.of("release").length, 1, "the camera is off");
      assert.match(callLine(caller.call), /in text/u);
    }
  });

  test("with the call the agreement ends", () => {
    const caller = direct();
    caller.begin();
    caller.do("agree");
    caller.acquired();
    caller.do("end", { reason: "cut" });
    assert.equal(caller.of("tell").at(-1).media.direct, false);
  });

  test("a call through the relay never widens by itself: it ends", () => {
    for (const type of ["renewed", "ice"]) {
      const caller = createCaller().seen();
      caller.peer("failed");
      caller.pass(0);
      caller.done.length = 0;
      caller.do(type, { servers: [], policy: "all" });
      assert.equal(caller.call.reason, "unsafe");
      assert.equal(caller.call.policy, "relay");
      assert.deepEqual(caller.of("restart"), []);
      const agreed = direct();
      agreed.begin();
      agreed.do("agree");
      agreed.do(type, { servers: RELAY, policy: "all" });
      assert.deepEqual(agreed.call.servers, RELAY);
      assert.equal(agreed.call.phase, "acquiring");
    }
  });

  test("the consent text names the address", () => {
    const caller = direct();
    caller.begin();
    assert.equal(callLine(caller.call), DIRECT);
    assert.match(DIRECT, /network address/u);
  });
});

describe("staying connected", () => {
  test("disconnected: patience, then fresh credentials, then another way", () => {
    const caller = createCaller().seen();
    caller.peer("disconnected");
    caller.pass(PATIENCE_MS - 1);
    assert.deepEqual(caller.of("ask-ice"), []);
    caller.pass(1);
    assert.equal(caller.of("ask-ice").length, 1);
    assert.deepEqual(caller.of("restart"), []);
    caller.do("ice", { servers: [{ urls: "turn:fresh" }], policy: "relay" });
    assert.equal(caller.of("restart").length, 1);
    assert.deepEqual(caller.call.servers, [{ urls: "turn:fresh" }]);
  });

  test("failed: at once", () => {
    const caller = createCaller().seen();
    caller.peer("failed");
    caller.pass(0);
    assert.equal(caller.of("ask-ice").length, 1);
  });

  test("without an answer about credentials it goes on with the old ones", () => {
    const caller = createCaller().seen();
    caller.peer("failed");
    caller.pass(ICE_MS);
    assert.equal(caller.of("restart").length, 1);
  });

  test("something still comes through: no haste", () => {
    const caller = createCaller().seen();
    caller.do("sample", { sample: sample() });
    caller.peer("disconnected");
    caller.do("sample", { sample: sample({ bytes: 2000 }) });
    caller.pass(PATIENCE_MS);
    assert.deepEqual(caller.of("ask-ice"), []);
    caller.do("sample", { sample: sample({ bytes: 2000 }) });
    caller.pass(PATIENCE_MS);
    assert.equal(caller.of("ask-ice").length, 1);
  });

  test("silence where something should come is a loss, and over when something comes", () => {
    const caller = createCaller().seen();
    for (let n = 0; n < 3; n += 1) caller.do("sample", { sample: sample() });
    assert.equal(caller.call.phase, "recovering");
    caller.pass(0);
    assert.equal(caller.of("ask-ice").length, 1);
    caller.do("sample", { sample: sample({ bytes: 2000 }) });
    assert.equal(caller.call.phase, "connected");
    caller.do("show", { on: false });
    for (let n = 0; n < 9; n += 1) caller.do("sample", { sample: sample({ bytes: 2000 }) });
    assert.equal(caller.call.phase, "connected", "covered, there is nothing to come");
  });

  test("three tries, then text; well before 20 seconds", () => {
    const caller = createCaller().seen();
    caller.peer("disconnected");
    caller.pass(RECOVER_MS - 1);
    assert.equal(caller.call.phase, "recovering");
    assert.ok(caller.of("restart").length >= 2 && caller.of("restart").length <= MOST_TRIES);
    caller.pass(1);
    assert.equal(caller.call.phase, "ended");
    assert.equal(caller.call.reason, "failed");
    assert.deepEqual(caller.of("tell").at(-1).media, { camera: false, microphone: false, shown: false });
  });

  test("a connection that never comes about is tried again, then given up", () => {
    const caller = createCaller();
    caller.begin();
    caller.acquired();
    caller.pass(FIRST_TRY_MS);
    assert.equal(caller.of("ask-ice").length, 1);
    caller.pass(CONNECT_MS - FIRST_TRY_MS);
    assert.equal(caller.call.reason, "failed");
  });

  test("while the stranger is away, or the server for a moment, nothing is given up", () => {
    for (const [away, ms] of [
      [{ line: false, here: true }, AWAY_MS - 1],
      [{ line: true, here: false }, 60_000],
    ]) {
      const caller = createCaller().seen();
      caller.do("reach", away);
      assert.equal(caller.call.phase, "connected", "a working call is left alone");
      caller.peer("disconnected");
      caller.pass(ms);
      assert.equal(caller.call.phase, "recovering");
      caller.do("reach", { line: true, here: true });
      caller.pass(1_000);
      assert.equal(caller.of("ask-ice").length, 1);
    }
  });

  test("nobody is filmed longer than the server keeps the place", () => {
    const caller = createCaller().seen();
    caller.do("reach", { line: false, here: true });
    caller.pass(AWAY_MS - 1);
    assert.deepEqual(sending(caller.call), BOTH);
    caller.done.length = 0;
    caller.pass(1);
    assert.deepEqual(sending(caller.call), { camera: false, microphone: false });
    assert.deepEqual(caller.done, [{ do: "close" }, { do: "release" }]);
    assert.equal(caller.call.reason, "failed");
    caller.do("reach", { line: true, here: true });
    assert.deepEqual(caller.of("tell")[0].media, { camera: false, microphone: false, shown: false });
    assert.equal(nextCallDeadline(caller.call), null);
  });

  test("a resumed room leaves a working call alone", () => {
    const caller = createCaller().seen();
    caller.done.length = 0;
    caller.do("reach", { line: false, here: true });
    caller.do("renewed", { servers: RELAY, policy: "relay" });
    caller.do("reach", { line: true, here: true });
    assert.deepEqual(
      caller.done.map((effect) => effect.do),
      ["tell"],
    );
  });

  test("a stranger whose page was loaded again gets a new connection", () => {
    const caller = createCaller().seen();
    const old = caller.call.peer;
    caller.done.length = 0;
    caller.do("stale", { peer: old, data: OFFER });
    assert.deepEqual(caller.done, [
      { do: "close" },
      { do: "open", peer: old + 1, offers: false },
      { do: "take", data: OFFER },
    ]);
    assert.equal(caller.call.phase, "recovering");
    caller.do("stale", { peer: old, data: OFFER });
    assert.equal(caller.call.peer, old + 1);
    caller.do("stale", { peer: old + 1, data: null });
    assert.equal(caller.done.at(-1).offers, true);
  });

  test("a stranger cannot have connections without end", () => {
    const caller = createCaller().seen();
    for (let n = 0; n < 600; n += 1) caller.do("stale", { peer: caller.call.peer, data: OFFER });
    assert.equal(caller.of("open").length, 1 + MOST_RENEWALS);
    assert.equal(caller.of("take").length, MOST_RENEWALS);
    assert.equal(caller.call.reason, "failed");
    assert.equal(caller.done.filter((effect) => effect.do === "release").length, 1);
  });

  test("nor by being asked to agree again and again", () => {
    const caller = createCaller({ policy: "all" });
    caller.begin();
    caller.theirs({ ...BOTH, shown: false });
    caller.do("agree");
    caller.acquired();
    for (let n = 0; n < 600; n += 1) {
      caller.do("refused", { what: "signal", code: "not_allowed" });
      caller.theirs({ ...BOTH, shown: false, direct: true });
    }
    assert.equal(caller.of("open").length, 1 + MOST_RENEWALS);
    assert.equal(caller.call.reason, "failed");
  });

  test("now and then a page may be loaded again", () => {
    const caller = createCaller().seen();
    for (let n = 0; n < 10; n += 1) {
      caller.pass(20_000);
      caller.do("stale", { peer: caller.call.peer, data: OFFER });
      caller.peer("connected");
    }
    assert.equal(caller.call.phase, "connected");
  });

  test("another connection does not get more time", () => {
    const caller = createCaller();
    caller.begin();
    caller.acquired();
    caller.pass(CONNECT_MS - 1);
    caller.do("stale", { peer: caller.call.peer, data: OFFER });
    assert.equal(caller.call.phase, "negotiating");
    caller.pass(1);
    assert.equal(caller.call.reason, "failed");
  });

  test("another way than the relay ends it", () => {
    const caller = createCaller().seen();
    caller.do("sample", { sample: sample({ way: "host" }) });
    assert.equal(caller.call.reason, "unsafe");
    const direct = createCaller({ policy: "all" });
    direct.begin();
    direct.do("agree");
    direct.acquired();
    direct.theirs(SHOWING);
    direct.peer("connected");
    direct.do("sample", { sample: sample({ way: "host" }) });
    assert.equal(direct.call.phase, "connected");
  });

  test("nothing gets through, not even sound: text", () => {
    const caller = createCaller().seen();
    let bytes = 0;
    const suffer = (times) => {
      for (let n = 0; n < times; n += 1) {
        bytes += 100;
        caller.do("sample", { sample: sample({ bytes, sentLoss: 0.5 }) });
      }
    };
    suffer(DOWN_AFTER * (RUNGS.length - 1));
    assert.deepEqual(sending(caller.call), { camera: false, microphone: true });
    assert.equal(toTell(caller.call).camera, false);
    suffer(OFF_AFTER);
    assert.equal(caller.call.reason, "weak");
  });
});

describe("negotiation", () => {
  const offer = (print) => ({ type: "offer", sdp: `v=0\r\na=fingerprint:sha-256 ${print}\r\n` });
  const answer = (print) => ({ ...offer(print), type: "answer" });

  for (const [name, description, standing, verdict] of [
    ["a first offer", offer("A"), { signaling: "stable", known: "" }, "accept"],
    ["a later offer", offer("A"), { signaling: "stable", known: "a" }, "accept"],
    ["an offer of a new page", offer("B"), { signaling: "stable", known: "a" }, "renew"],
    ["both offer", offer("A"), { signaling: "have-local-offer", known: "a" }, "ignore"],
    ["both offer, polite", offer("A"), { signaling: "have-local-offer", known: "a", polite: true }, "accept"],
    ["both begin, polite", offer("A"), { signaling: "have-local-offer", known: "", polite: true }, "renew"],
    ["an answer", answer("A"), { signaling: "have-local-offer", known: "" }, "accept"],
    ["an answer to nothing", answer("A"), { signaling: "stable", known: "a" }, "ignore"],
    ["an answer of a new page", answer("B"), { signaling: "have-local-offer", known: "a" }, "anew"],
    ["after the end", offer("A"), { signaling: "closed", known: "" }, "ignore"],
    ["what is neither", { type: "rollback", sdp: "" }, { signaling: "stable", known: "" }, "ignore"],
  ]) {
    test(`${name}: ${verdict}`, () => {
      assert.equal(judged(description, { polite: false, ...standing }), verdict);
    });
  }

  test("the fingerprint is the first one, whatever its letters", () => {
    assert.equal(
      fingerprintOf("v=0\r\na=fingerprint:sha-256 AB:cD\r\na=fingerprint:sha-256 EF\r\n"),
      "ab:cd",
    );
    assert.equal(fingerprintOf("v=0\r\n"), "");
  });
});

describe("adaptation", () => {
  const after = (ladder, count, more) => {
    let next = ladder;
    for (let n = 0; n < count; n += 1) next = adapted(next, sample(more));
    return next;
  };

  test("begins at 480 lines and 600 kbit/s", () => {
    assert.deepEqual(rungOf(firstLadder()), { height: 480, fps: 30, kbps: 600 });
    assert.equal(after(firstLadder(), 50).rung, 0);
  });

  test("goes down after three bad samples in a row, by loss or by room", () => {
    for (const bad of [{ sentLoss: 0.2 }, { available: 200 }]) {
      assert.equal(after(firstLadder(), DOWN_AFTER - 1, bad).rung, 0);
      assert.equal(after(firstLadder(), DOWN_AFTER, bad).rung, 1);
      assert.equal(after(adapted(after(firstLadder(), DOWN_AFTER - 1, bad), sample()), 1, bad).rung, 0);
    }
  });

  test("comes to sound alone, and to nothing only when that does not get through", () => {
    const low = after(firstLadder(), DOWN_AFTER * 3, { sentLoss: 0.2 });
    assert.equal(rungOf(low).height, 0);
    assert.equal(after(low, 50, { sentLoss: 0.2 }).spent, false);
    assert.equal(after(low, OFF_AFTER, { sentLoss: 0.4 }).spent, true);
  });

  test("climbs again, more slowly after each fall", () => {
    let ladder = after(firstLadder(), DOWN_AFTER, { sentLoss: 0.2 });
    ladder = after(ladder, UP_AFTER);
    assert.equal(ladder.rung, 0);
    ladder = after(ladder, DOWN_AFTER, { sentLoss: 0.2 });
    assert.equal(after(ladder, UP_AFTER).rung, 1);
    assert.equal(after(ladder, UP_AFTER * 2).rung, 0);
  });
});

describe("quality", () => {
  const report = [
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    {
      id: "P",
      type: "candidate-pair",
      bytesReceived: 5000,
      currentRoundTripTime: 0.05,
      availableOutgoingBitrate: 700_000,
      localCandidateId: "L",
    },
    { id: "L", type: "local-candidate", candidateType: "relay" },
    {
      id: "V",
      type: "inbound-rtp",
      kind: "video",
      packetsReceived: 180,
      packetsLost: 20,
      framesPerSecond: 20,
    },
    { id: "A", type: "inbound-rtp", kind: "audio", packetsReceived: 100, packetsLost: 0 },
    { id: "R", type: "remote-inbound-rtp", fractionLost: 0.02 },
  ];

  test("is read from what the browser counts", () => {
    const first = sampleFrom(report, null);
    assert.deepEqual(first, {
      bytes: 5000,
      got: 280,
      lost: 20,
      sentLoss: 0.02,
      receivedLoss: 20 / 300,
      rtt: 50,
      available: 700,
      fps: 20,
      way: "relay",
    });
    assert.equal(sampleFrom(report, first).receivedLoss, null);
  });

  test("without a pair there is nothing to say", () => {
    const empty = sampleFrom([], null);
    assert.equal(empty.way, "");
    assert.equal(empty.rtt, null);
    assert.equal(sampleFrom([{ ...report[1], selected: true }, report[2]], null).way, "relay");
  });

  for (const [more, picture, grade] of [
    [{}, true, "good"],
    [{ receivedLoss: 0.05 }, true, "fair"],
    [{ rtt: 400 }, true, "fair"],
    [{ fps: 8 }, true, "fair"],
    [{ sentLoss: 0.2 }, true, "poor"],
    [{ rtt: 900 }, true, "poor"],
    [{ fps: 0 }, true, "poor"],
    [{ fps: null }, false, "good"],
  ]) {
    test(`${JSON.stringify(more)} is ${grade}`, () => assert.equal(graded(sample(more), picture), grade));
  }
});

describe("devices", () => {
  test("the browser's errors by what a person can do about them", () => {
    const named = (name) => Object.assign(new Error("x"), { name });
    assert.equal(troubleOf(named("NotAllowedError")), "denied");
    assert.equal(troubleOf(named("NotFoundError")), "missing");
    assert.equal(troubleOf(named("NotReadableError")), "busy");
    assert.equal(troubleOf(named("toString")), "busy");
    assert.equal(troubleOf(null), "busy");
  });

  test("two problems of one kind are one", () => {
    assert.equal(problemFrom(null, null), null);
    assert.deepEqual(problemFrom("denied", "denied"), { kind: "both", trouble: "denied" });
    assert.deepEqual(problemFrom("busy", "missing"), { kind: "camera", trouble: "busy" });
    assert.deepEqual(problemFrom(null, "missing"), { kind: "microphone", trouble: "missing" });
  });

  test("each problem has a sentence", () => {
    for (const trouble of ["denied", "missing", "busy", "lost", "unsupported"]) {
      assert.match(deviceProblem({ kind: "both", trouble }), /camera and (no )?microphone/u);
    }
  });

  const list = [
    { kind: "videoinput", deviceId: "a", label: "Front" },
    { kind: "audioinput", deviceId: "m", label: "" },
    { kind: "videoinput", deviceId: "b", label: "" },
    { kind: "videoinput", deviceId: "", label: "" },
  ];

  test("choices have names, and none before they were allowed", () => {
    assert.deepEqual(choicesOf(list, "camera"), [
      { id: "a", label: "Front" },
      { id: "b", label: "Camera 2" },
    ]);
    assert.deepEqual(choicesOf(list, "microphone"), [{ id: "m", label: "Microphone 1" }]);
  });

  test("the next camera goes round", () => {
    const choices = choicesOf(list, "camera");
    assert.equal(nextChoice(choices, "a")?.id, "b");
    assert.equal(nextChoice(choices, "b")?.id, "a");
    assert.equal(nextChoice(choices, "gone")?.id, "a");
    assert.equal(nextChoice(choices.slice(1), "b"), null);
  });
});

describe("what is said about it", () => {
  test("over the picture", () => {
    const caller = createCaller();
    caller.begin();
    assert.match(callLine(caller.call), /Turning on/u);
    caller.acquired();
    assert.match(callLine(caller.call), /Connecting/u);
    caller.peer("connected");
    assert.match(callLine(caller.call), /until you both press Show/u);
    caller.theirs(SHOWING);
    assert.match(callLine(caller.call), /has pressed Show/u);
    caller.do("show", { on: true });
    assert.equal(callLine(caller.call), "");
    caller.theirs({ ...SHOWING, camera: false });
    assert.match(callLine(caller.call), /camera is off/u);
    caller.theirs({ ...SHOWING, shown: false });
    assert.match(callLine(caller.call), /Waiting for the stranger/u);
    caller.peer("disconnected");
    assert.match(callLine(caller.call), /Getting it back/u);
    caller.do("end", { reason: "over" });
    assert.equal(callLine(caller.call), "The video is off.");
  });

  test("between two calls", () => {
    assert.match(betweenCalls(true, true), /until somebody is there/u);
    assert.equal(betweenCalls(true, false), "");
    assert.match(betweenCalls(false, true), /off/u);
  });

  test("before the search", () => {
    assert.equal(videoNote("relay"), "");
    assert.match(videoNote("off"), /switched off/u);
    assert.match(videoNote("direct"), /directly/u);
    assert.equal(nextIn(0), "Next stranger in 1 s.");
  });
});
