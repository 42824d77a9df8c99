import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closeMeaning } from "../../static/js/net/close-codes.js";
import { createConnection } from "../../static/js/net/connection.js";
import { readFrame } from "../../static/js/net/frames.js";
import { createSleepWatch } from "../../static/js/net/sleep-watch.js";
import { createStatusPoll } from "../../static/js/net/status-poll.js";
import { createFakeClock } from "./support/fake-clock.js";

const WELCOME = JSON.stringify({ type: "welcome", name: "n", resume: "t", epoch: "e", resumed: false });

function createLine({ random = () => 1 } = {}) {
  const clock = createFakeClock(0);
  const sockets = [];
  const reports = [];
  const frames = [];
  const connection = createConnection({
    clock,
    random,
    openSocket(events) {
      const socket = { at: clock.now(), sent: [], closedWith: null, events };
      sockets.push(socket);
      return {
        send: (text) => socket.sent.push(JSON.parse(text)),
        close: (code) => {
          socket.closedWith = code;
        },
      };
    },
    hello: () => ({ type: "hello", protocol: 1 }),
    onFrame: (frame) => frames.push(frame),
    onReport: (report) => reports.push(report),
  });
  return {
    clock,
    sockets,
    reports,
    frames,
    connection,
    get last() {
      return sockets[sockets.length - 1];
    },
    get report() {
      return reports[reports.length - 1];
    },
    up() {
      this.last.events.onOpen();
      this.last.events.onText(WELCOME);
    },
  };
}

describe("connection", () => {
  test("says hello first and is open after welcome, not before", () => {
    const line = createLine();
    line.connection.open();
    assert.equal(line.report.phase, "connecting");
    line.last.events.onOpen();
    assert.deepEqual(line.last.sent, [{ type: "hello", protocol: 1 }]);
    assert.equal(line.connection.send({ type: "bye" }), false);
    line.last.events.onText(WELCOME);
    assert.equal(line.report.phase, "open");
    assert.equal(line.connection.send({ type: "bye" }), true);
  });

  test("comes back with growing pauses and counts them", () => {
    const line = createLine();
    line.connection.open();
    const pauses = [];
    for (let n = 0; n < 8; n += 1) {
      line.last.events.onClose(1006);
      const before = line.clock.now();
      assert.equal(line.report.phase, "reconnecting");
      assert.equal(line.report.attempt, n + 1);
      pauses.push(line.report.retryAt - before);
      line.clock.pass(line.report.retryAt - before);
    }
    assert.deepEqual(pauses, [300, 600, 1200, 2400, 4800, 9600, 10_000, 10_000]);
    assert.equal(line.sockets.length, 9);
  });

  test("a connection that does not hold does not begin to count anew", () => {
    const line = createLine();
    line.connection.open();
    line.up();
    line.last.events.onClose(1006);
    line.clock.pass(300);
    line.up();
    line.clock.pass(1_000);
    line.last.events.onClose(1006);
    assert.equal(line.report.attempt, 2);
    line.clock.pass(600);
    line.up();
    line.clock.pass(6_000);
    line.last.events.onClose(1006);
    assert.equal(line.report.attempt, 1);
  });

  for (const code of [1000, 1001, 1006, 1009, 1011, 1012, 4008, 4400, 4408, 4503, 4999]) {
    test(`close ${code}: comes back`, () => {
      const line = createLine();
      line.connection.open();
      line.up();
      line.last.events.onClose(code);
      line.clock.pass(300);
      assert.equal(line.sockets.length, 2);
    });
  }

  for (const [code, halt] of [
    [4401, "expired"],
    [4403, "banned"],
    [4409, "elsewhere"],
  ]) {
    test(`close ${code}: stays away and says why`, () => {
      const line = createLine();
      line.connection.open();
      line.up();
      line.last.events.onClose(code);
      line.clock.pass(3_600_000);
      assert.equal(line.sockets.length, 1);
      assert.equal(line.report.phase, "closed");
      assert.equal(line.report.halt, halt);
    });
  }

  test("close 4429: keeps quiet for 15 seconds", () => {
    const line = createLine();
    line.connection.open();
    line.up();
    line.last.events.onClose(4429);
    assert.equal(line.report.reason, "flooding");
    line.clock.pass(14_999);
    assert.equal(line.sockets.length, 1);
    line.clock.pass(1);
    assert.equal(line.sockets.length, 2);
  });

  test("an opening that never answers is given up", () => {
    const line = createLine();
    line.connection.open();
    line.clock.pass(10_000);
    assert.equal(line.report.phase, "reconnecting");
    assert.equal(line.last.closedWith, 4000);
  });

  test("refresh takes a new socket at once and forgets the old one", () => {
    const line = createLine();
    line.connection.open();
    line.up();
    const old = line.last;
    line.connection.refresh();
    assert.equal(line.sockets.length, 2);
    assert.notEqual(old.closedWith, 1000, "the server keeps the place only for our own codes");
    old.events.onText(WELCOME);
    old.events.onClose(4409);
    assert.equal(line.frames.length, 1);
    line.up();
    assert.equal(line.report.phase, "open");
  });

  test("refresh does not wait for the planned attempt, and that one does not come", () => {
    const line = createLine();
    line.connection.open();
    line.last.events.onClose(1006);
    line.connection.refresh();
    assert.equal(line.sockets.length, 2);
    line.clock.pass(400);
    assert.equal(line.sockets.length, 2);
  });

  test("a planned refresh comes at its time, the present socket works until then", () => {
    const line = createLine();
    line.connection.open();
    line.up();
    line.connection.refreshIn(2_000);
    line.clock.pass(1_999);
    assert.ok(line.connection.send({ type: "bye" }));
    line.clock.pass(1);
    assert.equal(line.sockets.length, 2);
  });

  test("closed is closed: nothing planned remains", () => {
    const line = createLine();
    line.connection.open();
    line.up();
    line.connection.close();
    assert.equal(line.last.closedWith, 1000);
    line.clock.pass(60_000);
    assert.equal(line.sockets.length, 1);
    assert.equal(line.clock.waiting, 0);
    line.connection.refresh();
    assert.equal(line.sockets.length, 1);
  });

  test("what is not a frame is passed over", () => {
    const line = createLine();
    line.connection.open();
    line.up();
    for (const text of ["", "[]", "null", "7", "{", '{"type":"new_in_version_2"}', '{"type":"message"}']) {
      line.last.events.onText(text);
    }
    assert.equal(line.frames.length, 1);
  });
});

describe("frames", () => {
  test("extra fields are allowed, missing and mistyped ones are not", () => {
    const sent = { type: "sent", room: "r", id: "i", seq: 1, later: true };
    assert.deepEqual(readFrame(JSON.stringify(sent)), sent);
    assert.equal(readFrame(JSON.stringify({ ...sent, seq: "1" })), null);
    assert.equal(readFrame('{"type":"toString"}'), null);
    assert.equal(
      readFrame('{"type":"matched","room":"r","you":null,"strangers":[],"common_interests":[]}'),
      null,
    );
  });
});

test("a code that nobody knows is an accident", () => {
  assert.equal(closeMeaning(4321), "again");
});

describe("status", () => {
  test("is asked every ten seconds while it is wanted, and not at all otherwise", async () => {
    const clock = createFakeClock(0);
    let asked = 0;
    let wanted = true;
    const told = [];
    const poll = createStatusPoll({
      clock,
      wanted: () => wanted,
      fetchStatus: async () => ({ online: ++asked }),
      onStatus: ({ online }) => told.push(online),
    });
    const pass = async (ms) => {
      clock.pass(ms);
      await new Promise((done) => setImmediate(done));
    };
    poll.check();
    await pass(0);
    await pass(9_999);
    assert.equal(asked, 1);
    await pass(1);
    assert.equal(asked, 2);
    wanted = false;
    poll.check();
    await pass(60_000);
    assert.equal(asked, 2);
    wanted = true;
    poll.check();
    await pass(0);
    assert.deepEqual(told, [1, 2, 3]);
    poll.check();
    poll.check();
    await pass(9_000);
    assert.equal(asked, 3, "looking again and again is not asking again");
  });

  test("an answer that fails or says nothing changes nothing, and is asked for again", async () => {
    const clock = createFakeClock(0);
    const answers = [() => Promise.reject(new Error("away")), async () => null, async () => ({ online: 5 })];
    const told = [];
    const poll = createStatusPoll({
      clock,
      wanted: () => true,
      fetchStatus: () => answers.shift()?.() ?? Promise.resolve(null),
      onStatus: ({ online }) => told.push(online),
    });
    poll.check();
    for (let n = 0; n < 3; n += 1) {
      clock.pass(10_000);
      await new Promise((done) => setImmediate(done));
    }
    assert.deepEqual(told, [5]);
  });
});

test("sleep is noticed, a slow hidden tab is not taken for it", () => {
  const clock = createFakeClock(0);
  let woke = 0;
  const watch = createSleepWatch({ clock, onWake: () => (woke += 1) });
  clock.pass(300_000);
  assert.equal(woke, 0);
  clock.sleep(61_000);
  clock.pass(0);
  assert.equal(woke, 0);
  clock.sleep(600_000);
  watch.check();
  assert.equal(woke, 1);
  clock.pass(100_000);
  assert.equal(woke, 1);
});
