import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createCameraCheck, FIRST_MS } from "../../static/js/call/camera-check.js";
import { NO_CALL } from "../../static/js/call/state.js";
import { endSentence } from "../../static/js/session/selectors.js";
import { createFakeClock } from "./support/fake-clock.js";
import { createStage } from "./support/stage.js";

const BOTH = { camera: true, microphone: true };
/** A call whose stranger sees this camera. */
const SEEN = {
  ...NO_CALL,
  room: "r1",
  phase: "connected",
  opened: true,
  shown: true,
  wants: BOTH,
  has: BOTH,
  theirs: { camera: true, microphone: true, shown: true },
};
const MEETING = { room: "r1", polite: false, restored: false, servers: [], policy: "relay", checkEvery: 20 };
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A check on a fake clock; `chance` is what `random` gives. */
function createChecked({ chance = 0.5, post = async () => {} } = {}) {
  const clock = createFakeClock();
  const checked = { clock, call: SEEN, drawn: 0, posted: [], duringDraw: () => {} };
  checked.check = createCameraCheck({
    clock,
    random: () => chance,
    call: () => checked.call,
    track: () => /** @type {any} */ ("camera track"),
    draw: async () => {
      checked.drawn += 1;
      checked.duringDraw();
      return /** @type {any} */ (`picture ${checked.drawn}`);
    },
    post: (room, picture) => {
      checked.posted.push([room, picture]);
      return post();
    },
  });
  return checked;
}

describe("the check of the own camera", () => {
  test("begins soon after a stranger sees it, and goes on every so many seconds", async () => {
    const checked = createChecked();
    checked.check.follow(MEETING);
    checked.clock.pass(FIRST_MS / 2);
    await settled();
    assert.deepEqual(checked.posted, [["r1", "picture 1"]]);
    checked.clock.pass(19_999);
    assert.equal(checked.drawn, 1);
    checked.clock.pass(1);
    await settled();
    assert.deepEqual(checked.posted.at(-1), ["r1", "picture 2"]);
  });

  for (const [chance, seconds] of [
    [0, 15],
    [1, 25],
  ]) {
    test(`comes after ${seconds} s when chance says so`, async () => {
      const checked = createChecked({ chance });
      checked.check.follow(MEETING);
      checked.clock.pass(FIRST_MS * chance);
      await settled();
      checked.clock.pass(seconds * 1000 - 1);
      assert.equal(checked.drawn, 1);
      checked.clock.pass(1);
      assert.equal(checked.drawn, 2);
    });
  }

  /** @type {[string, object][]} */
  const UNSEEN = [
    ["covered", { shown: false }],
    ["not agreed to by the stranger", { theirs: { ...SEEN.theirs, shown: false } }],
    ["switched off", { wants: { camera: false, microphone: true } }],
    ["of a call that is over", { phase: "ended" }],
    ["of another room", { room: "r0" }],
  ];
  for (const [what, change] of UNSEEN) {
    test(`draws nothing of a camera that is ${what}`, () => {
      const checked = createChecked();
      checked.call = { ...SEEN, ...change };
      checked.check.follow(MEETING);
      assert.equal(checked.clock.waiting, 0);
    });

    test(`ends at once when the camera is ${what}, and begins again after it`, () => {
      const checked = createChecked();
      checked.check.follow(MEETING);
      checked.call = { ...SEEN, ...change };
      checked.check.follow();
      assert.equal(checked.clock.waiting, 0);
      checked.call = SEEN;
      checked.check.follow();
      assert.equal(checked.clock.waiting, 1);
    });
  }

  test("draws nothing where cameras are not checked, or in no room", () => {
    const checked = createChecked();
    for (const meeting of [null, { ...MEETING, checkEvery: null }]) {
      checked.check.follow(meeting);
      assert.equal(checked.clock.waiting, 0);
    }
  });

  test("does not send what was covered while it was drawn", async () => {
    const checked = createChecked();
    checked.duringDraw = () => {
      checked.call = { ...SEEN, shown: false };
    };
    checked.check.follow(MEETING);
    checked.clock.pass(FIRST_MS);
    await settled();
    assert.deepEqual([checked.drawn, checked.posted], [1, []]);
  });

  test("goes on when one did not get through", async () => {
    const checked = createChecked({ post: () => Promise.reject(new Error("away")) });
    checked.check.follow(MEETING);
    checked.clock.pass(FIRST_MS);
    await settled();
    checked.clock.pass(20_000);
    await settled();
    assert.equal(checked.posted.length, 2);
  });
});

describe("a conversation that a check ended", () => {
  for (const [by, words] of /** @type {[number, RegExp][]} */ ([
    [1, /^A check of your camera ended this conversation/u],
    [2, /^This conversation was ended to keep people safe/u],
  ])) {
    test(`is said to ${by === 1 ? "whose camera it was" : "the other"}`, () => {
      const stage = createStage();
      stage.talk();
      const { room } = stage.state;
      assert.equal(room.you.seat, 1);
      stage.socket.say({ type: "ended", room: room.id, reason: "moderated", by });
      assert.match(endSentence(stage.state), words);
    });
  }
});
