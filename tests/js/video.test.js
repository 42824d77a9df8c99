import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NEXT_AGAIN_MS, NEXT_MS } from "../../static/js/session/auto-next.js";
import { meetingOf } from "../../static/js/session/selectors.js";
import { createStage, MATCHED, WISH } from "./support/stage.js";

const VIDEO = Object.freeze({ ...WISH, mode: "video" });
const MET = Object.freeze({
  ...MATCHED,
  mode: "video",
  polite: true,
  ice_servers: [{ urls: "turn:relay", username: "u", credential: "c" }],
  ice_policy: "relay",
});
const MEDIA = Object.freeze({ camera: true, microphone: true, shown: false });
const OFFER = Object.freeze({ description: { type: "offer", sdp: "v=0" } });

function createVideo(more = {}) {
  const stage = createStage();
  stage.do("find", { wish: VIDEO });
  stage.welcome({ video: "relay" });
  stage.waiting({ mode: "video" });
  stage.socket.say({ ...MET, ...more });
  return stage;
}

describe("a video room", () => {
  test("has what the call needs; a text room has not", () => {
    const stage = createVideo();
    assert.deepEqual(stage.state.room?.meeting, {
      room: "r1",
      polite: true,
      restored: false,
      servers: MET.ice_servers,
      policy: "relay",
      checkEvery: null,
    });
    assert.equal(createStage().talk().state.room?.meeting, null);
  });

  test("says how often the own camera is looked at, where it is", () => {
    assert.equal(createVideo({ camera_check: 20 }).state.room?.meeting?.checkEvery, 20);
    for (const odd of [0, -1, "20", null])
      assert.equal(createVideo({ camera_check: odd }).state.room?.meeting?.checkEvery, null);
  });

  test("a policy that this page does not know is the private one", () => {
    assert.equal(createVideo({ ice_policy: "most" }).state.room?.meeting?.policy, "relay");
    assert.equal(createVideo({ ice_policy: "all" }).state.room?.meeting?.policy, "all");
  });

  test("a resumed room has fresh servers; only a page that was loaded again says so", () => {
    const stage = createVideo();
    const before = stage.state.room?.meeting;
    stage.socket.drop();
    assert.equal(stage.state.room?.live, false);
    stage.resume({}, { ...MET, ice_servers: [{ urls: "turn:fresh" }] });
    assert.notEqual(stage.state.room?.meeting, before);
    assert.deepEqual(stage.state.room?.meeting?.servers, [{ urls: "turn:fresh" }]);
    assert.equal(stage.state.room?.meeting?.restored, false);
    const again = createStage();
    again.do("restore", { place: { resume: "t", epoch: "e1", phase: "talking", wish: VIDEO } });
    again.welcome({ resumed: true });
    again.socket.say(MET);
    assert.equal(again.state.room?.meeting?.restored, true);
  });

  test("frames of the call reach the call, the own ones and those of no room do not", () => {
    const stage = createVideo();
    stage.socket.say({ type: "signal", seat: 2, data: OFFER });
    stage.socket.say({ type: "media", seat: 2, ...MEDIA });
    stage.socket.say({ type: "media", seat: 2, ...MEDIA, direct: true });
    stage.socket.say({ type: "media", seat: 1, ...MEDIA });
    stage.socket.say({ type: "ice", ice_servers: [], ice_policy: "relay", ref: "ice" });
    stage.socket.say({ type: "media", seat: 2 });
    stage.ended("left");
    stage.socket.say({ type: "signal", seat: 2, data: OFFER });
    assert.deepEqual(stage.calls, [
      { type: "signal", data: OFFER },
      { type: "media", media: MEDIA },
      { type: "media", media: { ...MEDIA, direct: true } },
      { type: "ice", servers: [], policy: "relay" },
    ]);
  });

  test("what the call says names the room, and is dropped without a connection", () => {
    const stage = createVideo();
    stage.do("call", { frame: { type: "media", ...MEDIA } });
    stage.do("call", { frame: { type: "ice" } });
    assert.deepEqual(stage.socket.sent.slice(-2), [
      { type: "media", ...MEDIA, room: "r1", ref: "media" },
      { type: "ice", room: "r1", ref: "ice" },
    ]);
    stage.socket.drop();
    stage.do("call", { frame: { type: "ice" } });
    assert.equal(stage.socket.ofType("ice").length, 1);
    const text = createStage().talk();
    text.do("call", { frame: { type: "ice" } });
    assert.deepEqual(text.socket.ofType("ice"), []);
  });

  test("an error about it is the call's and no notice", () => {
    const stage = createVideo();
    stage.error("not_allowed", "signal");
    stage.error("too_fast", "media");
    assert.deepEqual(stage.calls, [
      { type: "refused", what: "signal", code: "not_allowed" },
      { type: "refused", what: "media", code: "too_fast" },
    ]);
    assert.deepEqual(stage.state.notices, []);
  });

  test("switched off, the call ends and the conversation goes on; switched on, there is one again", () => {
    const stage = createVideo();
    stage.socket.say({ type: "video", state: "off" });
    assert.equal(stage.state.phase, "talking");
    assert.equal(meetingOf(stage.state), null);
    assert.match(stage.state.room?.entries.at(-1)?.text ?? "", /no video any more/);
    stage.socket.say({ type: "video", state: "relay" });
    assert.notEqual(meetingOf(stage.state), null);
  });

  test("switched off, nobody looks for one any longer; who looks for text goes on", () => {
    for (const mode of /** @type {const} */ (["video", "text"])) {
      const stage = createStage();
      stage.do("find", { wish: { ...WISH, mode } });
      stage.welcome({ video: "relay" });
      stage.waiting({ mode });
      stage.socket.say({ type: "video", state: "off" });
      assert.equal(stage.state.phase, mode === "text" ? "waiting" : "idle");
      assert.equal(stage.state.notices.length, mode === "text" ? 0 : 1);
    }
  });
});

describe("the call goes no further than the conversation", () => {
  test("another tab, an expired cookie, a ban, or the end: there is none for this page", () => {
    for (const code of [4409, 4401, 4403]) {
      const stage = createVideo();
      assert.notEqual(meetingOf(stage.state), null);
      stage.socket.drop(code);
      assert.equal(stage.state.phase, "talking");
      assert.equal(meetingOf(stage.state), null, String(code));
    }
    const stage = createVideo();
    stage.ended("left");
    assert.equal(meetingOf(stage.state), null);
  });

  test("a lost line keeps it, and who takes it back here has one again", () => {
    const stage = createVideo();
    stage.socket.drop();
    assert.notEqual(meetingOf(stage.state), null);
    stage.resume({}, MET);
    stage.socket.drop(4409);
    stage.do("use-here");
    assert.equal(stage.state.room?.live, false);
    stage.welcome({ resumed: true });
    stage.socket.say(MET);
    assert.notEqual(meetingOf(stage.state), null);
    assert.equal(stage.state.room?.live, true);
  });
});

describe("report and block", () => {
  test("opening the report covers the video at once", () => {
    const stage = createVideo();
    stage.do("report-open");
    assert.deepEqual(stage.calls, [{ type: "show", on: false }]);
    assert.notEqual(meetingOf(stage.state), null, "one may think better of it");
    const text = createStage().talk();
    text.do("report-open");
    assert.deepEqual(text.calls, []);
  });

  test("a report ends the call before the server answers, also without a line, and for good", () => {
    for (const online of [true, false]) {
      const stage = createVideo();
      if (!online) stage.socket.drop();
      stage.do("report-open");
      stage.do("report", { reason: "nudity", note: "" });
      assert.equal(stage.state.phase, "talking");
      assert.equal(meetingOf(stage.state), null);
      if (!online) stage.resume({}, MET);
      stage.error("too_fast", "report");
      assert.equal(stage.state.filing?.step, "asking");
      assert.equal(meetingOf(stage.state), null, "no camera goes on again by a refusal");
    }
  });

  test("a block ends it when it is confirmed, whatever the server says", () => {
    const stage = createVideo();
    stage.do("block");
    assert.notEqual(meetingOf(stage.state), null);
    stage.do("block");
    assert.equal(meetingOf(stage.state), null);
    stage.error("too_fast", "block");
    assert.equal(stage.state.phase, "talking");
    assert.equal(meetingOf(stage.state), null);
    stage.ended("left");
    stage.do("again");
    stage.waiting({ mode: "video" });
    stage.matched({ ...MET, room: "r2" });
    assert.notEqual(meetingOf(stage.state), null, "the next stranger is another one");
  });
});

describe("the next stranger by itself", () => {
  const finds = (stage) => stage.socket.ofType("find").length;

  test("comes after a moment in which one may stay", () => {
    const stage = createVideo();
    stage.do("auto-next", { on: true });
    stage.ended("left");
    assert.equal(stage.state.nextAt, stage.clock.now() + NEXT_MS);
    stage.clock.pass(NEXT_MS);
    assert.equal(stage.state.phase, "waiting");
    assert.equal(stage.state.nextAt, null);
    assert.equal(finds(stage), 2);
    assert.equal(stage.socket.ofType("find")[1].mode, "video");
  });

  test("also after an own end; not when one stays, looks away, reports, or never asked for it", () => {
    const left = createVideo();
    left.do("auto-next", { on: true });
    left.do("stop");
    left.do("stop");
    left.clock.pass(NEXT_MS);
    assert.equal(left.state.phase, "waiting");
    for (const prevent of [
      (stage) => stage.do("stay"),
      (stage) => stage.do("visibility", { visible: false }),
      (stage) => stage.do("report-open"),
      (stage) => stage.do("auto-next", { on: false }),
    ]) {
      const stage = createVideo();
      stage.do("auto-next", { on: true });
      stage.ended("left");
      prevent(stage);
      stage.clock.pass(60_000);
      assert.equal(stage.state.phase, "ended");
    }
    const never = createVideo();
    never.ended("left");
    never.clock.pass(60_000);
    assert.equal(never.state.phase, "ended");
  });

  test("not after an end that is something to read, nor after text", () => {
    for (const reason of ["moderated", "reset"]) {
      const stage = createVideo();
      stage.do("auto-next", { on: true });
      stage.ended(reason);
      assert.equal(stage.state.nextAt, null, reason);
    }
    const text = createStage().talk();
    text.do("auto-next", { on: true });
    text.ended("left");
    assert.equal(text.state.nextAt, null);
    const blocked = createVideo();
    blocked.do("auto-next", { on: true });
    blocked.do("block");
    blocked.do("block");
    blocked.ended("you_left");
    assert.equal(blocked.state.nextAt, null);
  });

  test("too fast for the server: again later, without a word of blame", () => {
    const stage = createVideo();
    stage.do("auto-next", { on: true });
    stage.ended("left");
    stage.clock.pass(NEXT_MS);
    stage.error("too_fast", stage.socket.ofType("find")[1].ref);
    assert.equal(stage.state.phase, "ended");
    assert.deepEqual(stage.state.notices, []);
    assert.equal(stage.state.nextAt, stage.clock.now() + NEXT_AGAIN_MS);
    stage.clock.pass(NEXT_AGAIN_MS);
    assert.equal(finds(stage), 3);
  });

  test("too fast by hand is said", () => {
    const stage = createVideo();
    stage.do("auto-next", { on: true });
    stage.ended("left");
    stage.do("again");
    stage.error("too_fast", stage.socket.ofType("find")[1].ref, "Please wait.");
    assert.equal(stage.state.notices[0]?.text, "Please wait.");
    assert.equal(stage.state.nextAt, null);
  });
});
