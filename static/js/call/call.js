/**
 * The running call: feeds events to the machine one at a time, does the effects, keeps the alarm for the next tick. What
 * goes out follows from the state after every event, so that no way through the machine can forget it.
 */

import { createAlarm } from "../core/clock.js";
import { createStore } from "../core/store.js";
import { rungOf } from "./adaptation.js";
import { step } from "./machine.js";
import { createPeer } from "./peer.js";
import { sampleFrom } from "./quality.js";
import { NO_CALL, nextCallDeadline, sending } from "./state.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { IcePolicy, IceServer, SignalData } from "../net/frames.js"
 * @import { Capture } from "./capture.js"
 * @import { Entry } from "./quality.js"
 * @import { CallEffect, CallEvent, Kind, Kinds, Told } from "./state.js"
 */

/** @typedef {ReturnType<typeof createCall>} RunningCall */

/**
 * What goes to the server; the session adds the room.
 *
 * @typedef {{ type: "signal", data: SignalData } | ({ type: "media" } & Told) | { type: "ice" }} CallFrame
 */

/**
 * The video room that the visitor is in, as the session knows it.
 *
 * @typedef {object} Meeting
 * @property {string} room
 * @property {boolean} polite
 * @property {boolean} restored
 * @property {readonly IceServer[]} servers
 * @property {IcePolicy} policy
 * @property {number | null} checkEvery every how many seconds the own camera is looked at
 */

export const SAMPLE_MS = 2_000;

/**
 * @param {object} parts
 * @param {Clock} parts.clock
 * @param {(configuration: RTCConfiguration) => RTCPeerConnection} parts.connect
 * @param {() => Promise<RTCCertificate>} parts.certify
 * @param {Pick<Capture, "open" | "stop" | "release" | "track">} parts.capture
 * @param {(frame: CallFrame) => void} parts.send
 * @param {() => void} parts.onTracks the stranger's tracks are others
 */
export function createCall({ clock, connect, certify, capture, send, onTracks }) {
  const store = createStore(NO_CALL);
  const alarm = createAlarm(clock, () => dispatch({ type: "tick" }));
  const sampling = createAlarm(clock, sample);
  /** @type {CallEvent[]} */
  const events = [];
  let busy = false;
  /** @type {ReturnType<typeof createPeer> | null} */
  let peer = null;
  /** @type {SignalData[]} what came while the certificate was made */
  let held = [];
  /** @type {Record<Kind, MediaStreamTrack | null>} */
  let theirs = { camera: null, microphone: null };
  /** @type {Meeting | null} */
  let meeting = null;

  /** @param {CallEvent} event */
  function dispatch(event) {
    events.push(event);
    if (busy) return;
    busy = true;
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const { call, effects } = step(store.get(), next, clock.now());
        store.set(call);
        for (const effect of effects) perform(effect);
        fit();
      }
    } finally {
      busy = false;
    }
    const deadline = nextCallDeadline(store.get());
    if (deadline === null) alarm.cancel();
    else alarm.after(deadline - clock.now());
  }

  /** @param {CallEffect} effect */
  function perform(effect) {
    switch (effect.do) {
      case "acquire":
        acquire(effect.kinds);
        return;
      case "stop":
        return capture.stop(effect.kind);
      case "release":
        return capture.release();
      case "open":
        open(effect.peer, effect.offers).catch(() => dispatch({ type: "broken", peer: effect.peer }));
        return;
      case "close":
        return close();
      case "take":
        if (peer) peer.take(effect.data);
        else held.push(effect.data);
        return;
      case "restart":
        peer?.restart(configuration());
        return;
      case "tell":
        return send({ type: "media", ...effect.media });
      case "ask-ice":
        return send({ type: "ice" });
    }
  }

  /** @param {Kinds} kinds */
  async function acquire(kinds) {
    const { superseded, current, has, problem } = await capture.open(kinds);
    // Also after the end, which lets go of everything.
    if (!superseded) dispatch({ type: "acquired", asked: current, has, problem });
  }

  /** @returns {RTCConfiguration} */
  function configuration() {
    const { servers, policy } = store.get();
    return { iceServers: [...servers], iceTransportPolicy: policy };
  }

  /**
   * Each connection has a certificate of its own: nobody is known again by it, and a page that was loaded again is.
   *
   * @param {number} number
   * @param {boolean} offers
   */
  async function open(number, offers) {
    const certificate = await certify();
    if (store.get().peer !== number || !store.get().opened) return;
    peer = createPeer({
      connection: connect({ ...configuration(), certificates: [certificate], bundlePolicy: "max-bundle" }),
      polite: store.get().polite,
      offers,
      send: (data) => send({ type: "signal", data }),
      onState: (state) => dispatch({ type: "peer", peer: number, state }),
      onStale: (data) => dispatch({ type: "stale", peer: number, data }),
      onTrack: (kind, track) => {
        theirs = { ...theirs, [kind]: track };
        onTracks();
      },
    });
    for (const data of held) peer.take(data);
    held = [];
    fit();
  }

  function close() {
    peer?.close();
    peer = null;
    held = [];
    theirs = { camera: null, microphone: null };
    onTracks();
  }

  function fit() {
    const call = store.get();
    const out = sending(call);
    peer?.send(
      {
        camera: out.camera ? capture.track("camera") : null,
        microphone: out.microphone ? capture.track("microphone") : null,
      },
      rungOf(call.ladder),
    );
    const measured = peer !== null && (call.phase === "connected" || call.phase === "recovering");
    if (!measured) sampling.cancel();
    else if (!sampling.isSet) sampling.after(SAMPLE_MS);
  }

  async function sample() {
    const mine = peer;
    try {
      const report = await mine?.stats();
      if (mine === null || mine !== peer || !report) return;
      /** @type {Entry[]} */
      const entries = [];
      report.forEach((entry) => {
        entries.push(entry);
      });
      dispatch({ type: "sample", sample: sampleFrom(entries, store.get().sample) });
    } catch {
      // It was closed meanwhile.
    }
  }

  return {
    get: store.get,
    watch: store.watch,
    dispatch,
    /** @param {Kind} kind */
    theirs: (kind) => theirs[kind],
    /** The tracks are others: another camera. */
    fit,
    /**
     * Follow the session: the room that it is in, and who can be reached.
     *
     * @param {Meeting | null} wanted the same value as long as it is the same `matched`
     * @param {boolean} line
     * @param {boolean} here
     */
    follow(wanted, line, here) {
      const other = wanted !== null && wanted.room !== meeting?.room;
      // A call begins when the server has said that there is somebody.
      const next = other && !line ? null : wanted;
      if (next === null) {
        if (meeting !== null) dispatch({ type: "end", reason: line ? "cut" : "over" });
      } else if (other) {
        // Once more in the same room: the stranger may hold on to the connection before.
        const restored = next.restored || next.room === store.get().room;
        dispatch({ type: "begin", ...next, restored });
      } else if (next !== meeting) dispatch({ type: "renewed", servers: next.servers, policy: next.policy });
      meeting = next;
      if (next !== null) dispatch({ type: "reach", line, here });
    },
  };
}
