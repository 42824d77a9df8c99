import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RUNGS } from "../../static/js/call/adaptation.js";
import { createCall, SAMPLE_MS } from "../../static/js/call/call.js";
import { createCapture } from "../../static/js/call/capture.js";
import { createPeer } from "../../static/js/call/peer.js";
import { createMemory } from "../../static/js/core/memory.js";
import { createFakeClock } from "./support/fake-clock.js";
import { createFakeConnection, createFakeTrack, settled } from "./support/fake-peer.js";

const NOTHING = { camera: null, microphone: null };

function createEnd(print, { polite = false, offers = !polite } = {}) {
  const connection = createFakeConnection(print);
  const end = { connection, said: [], stale: [], states: [], peer: null };
  end.peer = createPeer({
    connection,
    polite,
    offers,
    send: (data) => end.said.push(data),
    onState: (state) => end.states.push(state),
    onTrack: () => {},
    onStale: (data) => end.stale.push(data),
  });
  return end;
}

/** Carry what each has said to the other, until both are silent. */
async function carry(one, other) {
  await settled();
  while (one.said.length + other.said.length > 0) {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ])
      for (const data of from.said.splice(0)) to.peer.take(data);
    await settled();
  }
}

describe("one peer connection", () => {
  test("the one offers, the other answers, both may send both ways", async () => {
    const alice = createEnd("A");
    const bob = createEnd("B", { polite: true });
    await carry(alice, bob);
    for (const { connection } of [alice, bob]) {
      assert.equal(connection.signalingState, "stable");
      assert.deepEqual(
        connection.transceivers.map(({ direction }) => direction),
        ["sendrecv", "sendrecv"],
      );
      assert.equal(connection.sender("video").track, null, "nothing is handed over by itself");
    }
  });

  test("a track is sent when it is handed over, as large as the rung allows, and not any more at once", async () => {
    const alice = createEnd("A");
    const bob = createEnd("B", { polite: true });
    await carry(alice, bob);
    const camera = createFakeTrack("video", 720);
    alice.peer.send({ camera, microphone: null }, RUNGS[1]);
    await settled();
    const sender = alice.connection.sender("video");
    assert.equal(sender.track, camera);
    assert.deepEqual(sender.parameters.encodings[0], {
      maxBitrate: 350_000,
      maxFramerate: 24,
      scaleResolutionDownBy: 2,
    });
    alice.peer.send(NOTHING, RUNGS[1]);
    assert.equal(sender.track, null);
  });

  test("the limits hold for every encoding, however many were negotiated", async () => {
    const alice = createEnd("A");
    const bob = createEnd("B", { polite: true });
    await carry(alice, bob);
    const sender = alice.connection.sender("video");
    sender.parameters = { encodings: [{ rid: "a" }, { rid: "b" }, { rid: "c" }] };
    alice.peer.send({ camera: createFakeTrack("video"), microphone: null }, RUNGS[1]);
    await settled();
    assert.deepEqual(
      sender.parameters.encodings.map(({ maxBitrate }) => maxBitrate),
      [350_000, 350_000, 350_000],
    );
  });

  test("a track from before the negotiation is sent after it", async () => {
    const alice = createEnd("A");
    const bob = createEnd("B", { polite: true });
    const camera = createFakeTrack("video");
    bob.peer.send({ camera, microphone: null }, RUNGS[0]);
    await carry(alice, bob);
    assert.equal(bob.connection.sender("video").track, camera);
  });

  test("a restart takes the new credentials and offers, also while an offer hangs", async () => {
    const alice = createEnd("A");
    await settled();
    alice.said.length = 0;
    alice.peer.restart({ iceServers: [{ urls: "turn:new" }], iceTransportPolicy: "relay" });
    await settled();
    assert.equal(alice.connection.restarts, 1);
    assert.deepEqual(alice.connection.configuration.iceServers, [{ urls: "turn:new" }]);
    assert.equal(alice.said[0].description.type, "offer");
  });

  test("who waited in vain for an offer makes one", async () => {
    const bob = createEnd("B", { polite: true });
    await settled();
    assert.deepEqual(bob.said, []);
    bob.peer.restart({});
    await settled();
    assert.equal(bob.said[0].description.type, "offer");
  });

  test("candidates of an offer that was ignored are ignored too", async () => {
    const alice = createEnd("A");
    const bob = createEnd("B", { polite: true });
    await carry(alice, bob);
    alice.peer.restart({});
    bob.peer.restart({});
    await settled();
    const [offer] = bob.said.splice(0);
    alice.peer.take(offer);
    alice.peer.take({ candidate: { candidate: "candidate:1" } });
    await settled();
    assert.deepEqual(alice.connection.candidates, []);
    await carry(alice, bob);
    assert.equal(alice.connection.signalingState, "stable");
    assert.equal(bob.connection.signalingState, "stable");
    bob.peer.take({ candidate: null });
    await settled();
    assert.deepEqual(bob.connection.candidates, [null]);
  });

  test("a page that was loaded again makes the other end take a new connection", async () => {
    const alice = createEnd("A");
    const bob = createEnd("B", { polite: true });
    await carry(alice, bob);
    const again = createEnd("C", { polite: true, offers: true });
    await settled();
    const [offer] = again.said;
    alice.peer.take(offer);
    await settled();
    assert.deepEqual(alice.stale, [offer]);
    const other = createEnd("D");
    bob.peer.restart({});
    await settled();
    bob.said.length = 0;
    bob.peer.take({ description: { type: "answer", sdp: "a=fingerprint:sha-256 E" } });
    await settled();
    assert.deepEqual(bob.stale, [null]);
    other.peer.close();
  });

  test("after the end it neither speaks nor listens", async () => {
    const alice = createEnd("A");
    alice.peer.close();
    await settled();
    alice.connection.tell("icecandidate", { candidate: null });
    alice.connection.tell("connectionstatechange");
    assert.deepEqual(alice.said, []);
    assert.deepEqual(alice.states, []);
    assert.ok(alice.connection.closed);
  });
});

function createDevices(answers = {}) {
  const devices = {
    asked: [],
    exact: [],
    given: [],
    hold: null,
    addEventListener: () => {},
    enumerateDevices: async () => [{ kind: "videoinput", deviceId: "video-1", label: "Front" }],
    async getUserMedia({ video, audio }) {
      devices.asked.push([Boolean(video), Boolean(audio)]);
      devices.exact = [video, audio].map((wish) => wish?.deviceId?.exact ?? "");
      await devices.hold;
      const unplugged = devices.exact.includes("gone") && "OverconstrainedError";
      const error = unplugged || answers[`${video ? "v" : ""}${audio ? "a" : ""}`];
      if (error) throw Object.assign(new Error(error), { name: error });
      const tracks = [
        ...(video ? [createFakeTrack("video")] : []),
        ...(audio ? [createFakeTrack("audio")] : []),
      ];
      devices.given.push(...tracks);
      return { getTracks: () => tracks };
    },
  };
  return devices;
}

function createShelf() {
  const kept = new Map();
  return createMemory(() => ({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  }));
}

function createCamera(devices, memory = createShelf()) {
  const lost = [];
  const capture = createCapture({ devices, memory, onLost: (kind) => lost.push(kind), onChange: () => {} });
  return { capture, lost };
}

const BOTH = { camera: true, microphone: true };

describe("camera and microphone", () => {
  test("what cannot be had together is tried one by one", async () => {
    const devices = createDevices({ va: "NotFoundError", v: "NotFoundError" });
    const { capture } = createCamera(devices);
    const { has, problem } = await capture.open(BOTH);
    assert.deepEqual(devices.asked, [
      [true, true],
      [true, false],
      [false, true],
    ]);
    assert.deepEqual(has, { camera: false, microphone: true });
    assert.deepEqual(problem, { kind: "camera", trouble: "missing" });
  });

  test("refused is refused", async () => {
    const refused = "NotAllowedError";
    const { capture } = createCamera(createDevices({ va: refused, v: refused, a: refused }));
    assert.deepEqual((await capture.open(BOTH)).problem, { kind: "both", trouble: "denied" });
  });

  test("a browser that hands out none", async () => {
    const { capture } = createCamera(null);
    assert.equal((await capture.open(BOTH)).problem?.trouble, "unsupported");
  });

  test("what comes after it was let go is switched off", async () => {
    const devices = createDevices();
    let go = () => {};
    devices.hold = new Promise((resolve) => {
      go = resolve;
    });
    const { capture } = createCamera(devices);
    const opening = capture.open(BOTH);
    capture.release();
    go();
    assert.deepEqual((await opening).has, { camera: false, microphone: false });
    assert.ok(devices.given.length === 2 && devices.given.every((track) => track.stopped));
  });

  test("a late answer to an older wish is superseded, and asks for nothing more", async () => {
    const devices = createDevices({ va: "NotReadableError" });
    const goes = [];
    const holdNext = () => {
      devices.hold = new Promise((resolve) => goes.push(resolve));
    };
    const { capture } = createCamera(devices);
    holdNext();
    const old = capture.open(BOTH);
    capture.release();
    holdNext();
    const fresh = capture.open({ camera: true, microphone: false });
    goes[1]();
    assert.deepEqual(await fresh, {
      current: { camera: true, microphone: false },
      superseded: false,
      has: { camera: true, microphone: false },
      problem: null,
    });
    goes[0]();
    const { superseded, problem } = await old;
    assert.ok(superseded);
    assert.equal(problem, null);
    assert.equal(devices.asked.length, 2);
    assert.equal(capture.track("camera")?.stopped, false);
  });

  test("a device that goes away is told, one that is let go is not", async () => {
    const devices = createDevices();
    const { capture, lost } = createCamera(devices);
    await capture.open(BOTH);
    const [camera, microphone] = devices.given;
    capture.stop("camera");
    camera.end();
    assert.deepEqual(lost, []);
    microphone.end();
    assert.deepEqual(lost, ["microphone"]);
  });

  test("the chosen one and no other, unless it is not there any more", async () => {
    const devices = createDevices();
    const { capture } = createCamera(devices);
    await capture.choose("camera", "video-2");
    assert.deepEqual(devices.exact, ["video-2", ""]);
    const { has, problem } = await capture.choose("camera", "gone");
    assert.deepEqual(devices.exact, ["", ""]);
    assert.deepEqual([has.camera, problem], [true, null]);
  });

  test("the choice is remembered", async () => {
    const memory = createShelf();
    const { capture } = createCamera(createDevices(), memory);
    await capture.open(BOTH);
    assert.deepEqual(capture.choices("camera"), [{ id: "video-1", label: "Front" }]);
    assert.deepEqual(memory.read("devices"), { camera: "video-1", microphone: "audio-1" });
  });
});

describe("the running call", () => {
  const MEETING = Object.freeze({ room: "r1", polite: false, restored: false, servers: [], policy: "relay" });
  const SHOWING = { type: "media", media: { ...BOTH, shown: true } };

  async function createRunning({ devices = createDevices(), meeting = MEETING, broken = "" } = {}) {
    const clock = createFakeClock();
    const connections = [];
    const sent = [];
    const { capture } = createCamera(devices);
    const call = createCall({
      clock,
      connect: (configuration) => {
        if (broken) throw new Error(broken);
        const connection = createFakeConnection(`P${connections.length}`);
        connection.configuration = configuration;
        connections.push(connection);
        return connection;
      },
      certify: async () => ({ certificate: connections.length }),
      capture,
      send: (frame) => sent.push(frame),
      onTracks: () => {},
    });
    call.dispatch({ type: "prefer", wants: BOTH });
    call.follow(meeting, true, true);
    await settled();
    const running = { call, clock, connections, sent, devices, capture };
    return running;
  }

  async function connected(running) {
    const { call, connections } = running;
    call.dispatch({
      type: "signal",
      data: { description: { type: "answer", sdp: "a=fingerprint:sha-256 Z" } },
    });
    await settled();
    connections.at(-1).connectionState = "connected";
    connections.at(-1).tell("connectionstatechange");
    await settled();
    return running;
  }

  test("has a certificate of its own and goes through the relay alone", async () => {
    const { connections, sent } = await createRunning();
    assert.equal(connections[0].configuration.iceTransportPolicy, "relay");
    assert.deepEqual(connections[0].configuration.certificates, [{ certificate: 0 }]);
    assert.deepEqual(
      sent.map((frame) => frame.type),
      ["media", "media", "signal"],
    );
  });

  test("nothing is handed over before both agreed, and the picture goes at once with a cover", async () => {
    const { call, connections } = await connected(await createRunning());
    const track = () => connections[0].sender("video").track;
    assert.equal(track(), null);
    call.dispatch({ type: "show", on: true });
    await settled();
    assert.equal(track(), null);
    call.dispatch(SHOWING);
    await settled();
    assert.equal(track()?.kind, "video");
    call.dispatch({ type: "show", on: false });
    assert.equal(track(), null);
  });

  test("with the room everything of it is gone", async () => {
    const { call, connections, devices, clock } = await connected(await createRunning());
    call.follow(null, false, false);
    assert.ok(connections[0].closed);
    assert.ok(devices.given.every((track) => track.stopped));
    await settled();
    clock.pass(60_000);
    assert.equal(clock.waiting, 0);
  });

  test("a room that ends while the camera comes leaves no camera on", async () => {
    const devices = createDevices();
    let go = () => {};
    devices.hold = new Promise((resolve) => {
      go = resolve;
    });
    const { call, connections } = await createRunning({ devices });
    call.follow(null, false, false);
    go();
    await settled();
    assert.ok(devices.given.every((track) => track.stopped));
    assert.equal(connections.length, 0);
  });

  test("the same room again leaves the connection alone", async () => {
    const { call, connections } = await connected(await createRunning());
    call.follow(MEETING, false, false);
    call.follow({ ...MEETING, servers: [{ urls: "turn:new" }] }, true, true);
    await settled();
    assert.equal(connections.length, 1);
    assert.equal(call.get().phase, "connected");
    assert.deepEqual(call.get().servers, [{ urls: "turn:new" }]);
  });

  test("a late camera for the stranger before leaves the camera of this call alone", async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const devices = createDevices();
      const goes = [];
      const holdNext = () => {
        devices.hold = new Promise((resolve) => goes.push(resolve));
      };
      holdNext();
      const { call, capture } = await createRunning({ devices });
      holdNext();
      call.follow({ ...MEETING, room: "r2" }, true, true);
      await settled();
      for (const index of order) {
        goes[index]();
        await settled();
      }
      assert.equal(call.get().room, "r2");
      assert.deepEqual(call.get().has, BOTH);
      assert.equal(devices.given.filter((track) => !track.stopped).length, 2);
      assert.equal(capture.track("camera")?.stopped, false);
      assert.equal(capture.track("microphone")?.stopped, false);
    }
  });

  test("a browser that makes no connection is the end of the call, and of the camera", async () => {
    const { call, devices } = await createRunning({ broken: "out of connections" });
    assert.equal(call.get().reason, "failed");
    assert.ok(devices.given.length === 2 && devices.given.every((track) => track.stopped));
  });

  test("once more in the same room is a new call, which waits for the line and offers", async () => {
    const polite = { ...MEETING, polite: true };
    const { call, connections, devices, sent } = await createRunning({ meeting: polite });
    assert.deepEqual(connections[0].transceivers, []);
    call.follow(null, false, false);
    call.follow(polite, false, false);
    await settled();
    assert.equal(call.get().phase, "ended");
    assert.ok(devices.given.every((track) => track.stopped));
    sent.length = 0;
    call.follow({ ...polite }, true, true);
    await settled();
    assert.equal(connections.length, 2);
    assert.equal(sent.at(-1).data.description.type, "offer");
    assert.equal(call.get().shown, false);
  });

  test("who is cut off hears that nothing comes any more, who left does not", async () => {
    for (const [line, told] of [
      [true, [{ type: "media", camera: false, microphone: false, shown: false }]],
      [false, []],
    ]) {
      const { call, devices, sent } = await connected(await createRunning());
      sent.length = 0;
      call.follow(null, line, line);
      assert.deepEqual(sent, told);
      assert.ok(devices.given.every((track) => track.stopped));
    }
  });

  test("a stale connection is replaced, with another certificate", async () => {
    const { call, connections } = await connected(await createRunning());
    call.dispatch({
      type: "signal",
      data: { description: { type: "offer", sdp: "a=fingerprint:sha-256 Y" } },
    });
    await settled();
    assert.equal(connections.length, 2);
    assert.ok(connections[0].closed);
    assert.deepEqual(connections[1].configuration.certificates, [{ certificate: 1 }]);
    assert.equal(connections[1].remoteDescription.type, "offer");
  });

  test("it is measured while it stands", async () => {
    const { call, clock } = await connected(await createRunning());
    clock.pass(SAMPLE_MS);
    await settled();
    assert.notEqual(call.get().sample, null);
  });
});
