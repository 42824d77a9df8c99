/** The still of a report: on the page of who reports, and on the desk. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nextStage, stageWords } from "../../static/js/desk/still.js";
import { createStills } from "../../static/js/session/stills.js";
import { createStage } from "./support/stage.js";

const STILL = "/reports/R-1/abc/still/";

/** A report that is begun in a conversation, with the still that is taken at that moment. */
function begun(frame = "frame") {
  const stage = createStage().talk();
  const sent = [];
  let changes = 0;
  let answer, fail;
  const stills = createStills({
    send: (path, taken) => {
      sent.push([path, taken]);
      return new Promise((resolve, reject) => {
        [answer, fail] = [resolve, reject];
      });
    },
    onChange: () => {
      changes += 1;
    },
  });
  const follow = () => stills.follow(stage.state.filing);
  stage.do("report-open");
  stills.take(frame, stage.state.filing);
  return {
    stage,
    stills,
    sent,
    changes: () => changes,
    answer: (taken) => answer(taken),
    fail: () => fail(new TypeError("no network")),
    follow,
    settled: () => new Promise((resolve) => setImmediate(resolve)),
    filed(fields = { still: STILL }) {
      stage.do("report", { reason: "nudity", note: "" });
      follow();
      stage.socket.say({ type: "reported", receipt: "R-1", url: "/reports/R-1/abc/", ...fields });
      follow();
    },
  };
}

describe("the still of a report", () => {
  test("is sent once, when the report has its receipt, and then forgotten", async () => {
    const { stills, sent, filed, follow, answer, settled } = begun();
    assert.equal(stills.isHeld(), true);
    filed();
    follow();
    assert.deepEqual(sent, [[STILL, "frame"]]);
    assert.equal(stills.isHeld(), false);
    assert.equal(stills.outcomeOf("R-1"), "sending");
    answer(true);
    await settled();
    assert.equal(stills.outcomeOf("R-1"), "sent");
    assert.equal(stills.outcomeOf("R-2"), "");
    assert.equal(stills.outcomeOf(""), "");
  });

  for (const [why, end] of /** @type {const} */ ([
    ["refused", (run) => run.answer(false)],
    ["lost on its way", (run) => run.fail()],
  ])) {
    test(`that is ${why} is said to have failed, and not tried again`, async () => {
      const run = begun();
      run.filed();
      const before = run.changes();
      end(run);
      await run.settled();
      assert.equal(run.stills.outcomeOf("R-1"), "failed");
      assert.equal(run.changes(), before + 1);
      run.follow();
      assert.equal(run.sent.length, 1);
    });
  }

  test("fails at once when the server takes none", () => {
    const { stills, sent, filed } = begun();
    filed({});
    assert.deepEqual(sent, []);
    assert.equal(stills.outcomeOf("R-1"), "failed");
  });

  test("stays here when it is not wanted", () => {
    const { stills, sent, filed } = begun();
    stills.want(false);
    filed();
    assert.deepEqual(sent, []);
    assert.equal(stills.isHeld(), false);
    assert.equal(stills.outcomeOf("R-1"), "");
  });

  test("is wanted again in the next report", () => {
    const { stage, stills, sent, follow, filed } = begun();
    stills.want(false);
    stage.do("report-close");
    follow();
    stage.do("report-open");
    stills.take("second", stage.state.filing);
    filed();
    assert.deepEqual(sent, [[STILL, "second"]]);
  });

  test("is gone when the visitor goes back", () => {
    const { stage, stills, sent, follow } = begun();
    stage.do("report-close");
    follow();
    assert.equal(stills.isHeld(), false);
    assert.deepEqual(sent, []);
  });

  test("outlives the end of the conversation and a report that has to be said again", () => {
    const { stage, stills, sent, follow } = begun();
    stage.do("report", { reason: "nudity", note: "" });
    follow();
    stage.socket.say({ type: "error", code: "unavailable", detail: "Not now.", ref: "report" });
    follow();
    assert.equal(stills.isHeld(), true);
    stage.do("report", { reason: "nudity", note: "" });
    stage.socket.say({ type: "reported", receipt: "R-1", url: "/r/", still: STILL });
    follow();
    assert.deepEqual(sent, [[STILL, "frame"]]);
  });

  test("of somebody else never goes with a report that is on its way", () => {
    const { stage, stills, sent, follow } = begun();
    stage.do("report", { reason: "nudity", note: "" });
    stage.do("report-open");
    stills.take("another stranger", stage.state.filing);
    stage.socket.say({ type: "reported", receipt: "R-1", url: "/r/", still: STILL });
    follow();
    assert.deepEqual(sent, [[STILL, "frame"]]);
  });

  test("is not there when nothing was seen", () => {
    const { stills, sent, filed } = begun(null);
    assert.equal(stills.isHeld(), false);
    filed();
    assert.deepEqual(sent, []);
    assert.equal(stills.outcomeOf("R-1"), "");
  });
});

describe("a still on the desk", () => {
  test("is small and grey first, and in colour by a press of its own", () => {
    assert.equal(nextStage("covered"), "grey");
    assert.equal(nextStage("grey"), "colour");
    assert.equal(nextStage("colour"), "grey");
    assert.match(stageWords("covered"), /small and grey/u);
  });
});
