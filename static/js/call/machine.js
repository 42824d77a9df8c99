/**
 * The call as a pure machine: `step(call, event, now)` gives the next state and what has to be done for it.
 * idle → acquiring → negotiating → connected ⇄ recovering → ended(reason).
 */

import { adapted, firstLadder } from "./adaptation.js";
import { graded } from "./quality.js";
import { isOn, isOpen, isSeen, NO_CALL, toTell } from "./state.js";

/**
 * @import { SignalData } from "../net/frames.js"
 * @import { Call, CallEffect, CallEnd, CallEvent, CallShape, Kind, Kinds, Told } from "./state.js"
 * @import { Sample } from "./quality.js"
 */

/** @typedef {{ call: CallShape, effects: CallEffect[], now: number }} Turn */

/** Devices may take their time, and a question to the visitor any time: the connection does not wait for them. */
export const ACQUIRE_MS = 3_000;
/** How long a connection that says “disconnected” may come back by itself. */
export const PATIENCE_MS = 2_500;
export const FIRST_TRY_MS = 6_000;
export const TRY_MS = 4_000;
/** Who is polite lets the other one try first. */
const POLITE_MS = 1_500;
export const ICE_MS = 2_000;
export const MOST_TRIES = 3;
export const CONNECT_MS = 20_000;
/** Together with the time in which a loss is noticed this stays under 20 s. */
export const RECOVER_MS = 11_000;
/** A page that is loaded again and again is somebody who wants something else than to talk. */
export const MOST_RENEWALS = 3;
const RENEWAL_MS = 60_000;
/** So long the server keeps the place of a page that it does not hear from: after that nobody is to be filmed. */
export const AWAY_MS = 30_000;
/** So many samples without a byte, where some should come, are a loss that the browser has not noticed yet. */
const SILENT_SAMPLES = 2;
const TELL_AGAIN_MS = 2_000;
const NONE = Object.freeze({ camera: false, microphone: false });

/**
 * @param {Call} call
 * @param {CallEvent} event
 * @param {number} now
 * @returns {{ call: Call, effects: readonly CallEffect[] }}
 */
export function step(call, event, now) {
  /** @type {Turn} */
  const turn = { call: { ...call }, effects: [], now };
  take(turn, event);
  tell(turn);
  return { call: Object.freeze(turn.call), effects: Object.freeze(turn.effects) };
}

/**
 * @param {Turn} turn
 * @param {CallEvent} event
 */
function take(turn, event) {
  const { call } = turn;
  if (event.type === "begin") return onBegin(turn, event);
  if (event.type === "prefer") {
    call.wants = Object.freeze(event.wants);
    call.problem = null;
    return;
  }
  if (event.type === "reach") return onReach(turn, event.line, event.here);
  if (!isOn(call)) return;
  switch (event.type) {
    case "end":
      return end(turn, event.reason);
    case "renewed":
      if (!route(turn, event)) return;
      // What was said on the connection before may have been lost with it.
      call.told = null;
      return;
    case "want":
      return onWant(turn, event.kind, event.on);
    case "acquired":
      return onAcquired(turn, event.asked, event.has, event.problem);
    case "lost":
      call.has = Object.freeze({ ...call.has, [event.kind]: false });
      call.wants = Object.freeze({ ...call.wants, [event.kind]: false });
      call.problem = Object.freeze({
        kind: lostBefore(call, event.kind) ? "both" : event.kind,
        trouble: "lost",
      });
      return;
    case "dismiss":
      call.problem = null;
      return;
    case "agree":
      if (call.consent !== "asked") return;
      call.consent = "given";
      call.permitted = call.theirs.direct !== false;
      return acquire(turn);
    case "decline":
      if (call.consent !== "asked") return;
      call.consent = "declined";
      return end(turn, "declined");
    case "show":
      if (call.consent !== "asked") call.shown = event.on;
      return;
    case "media":
      return onMedia(turn, event.media);
    case "signal":
      return onSignal(turn, event.data);
    case "ice":
      if (!route(turn, event)) return;
      if (call.iceBy !== null) restart(turn);
      return;
    case "refused":
      return onRefused(turn, event.what, event.code);
    case "peer":
      if (event.peer === call.peer && call.opened) onPeer(turn, event.state);
      return;
    case "broken":
      if (event.peer === call.peer && call.opened) end(turn, "failed");
      return;
    case "stale":
      if (event.peer === call.peer && call.opened) onStale(turn, event.data);
      return;
    case "sample":
      return onSample(turn, event.sample);
    case "tick":
      return onTick(turn);
  }
}

/**
 * Return whether the other one is known to be gone too: a browser that takes both back says it one by one.
 *
 * @param {CallShape} call
 * @param {Kind} kind
 */
function lostBefore({ problem }, kind) {
  return problem?.trouble === "lost" && problem.kind !== kind;
}

/**
 * @param {Turn} turn
 * @param {Extract<CallEvent, { type: "begin" }>} event
 */
function onBegin(turn, { room, polite, restored, servers, policy }) {
  if (isOn(turn.call)) end(turn, "over");
  const { wants, peer } = turn.call;
  const direct = policy === "all";
  turn.call = {
    ...NO_CALL,
    wants,
    peer,
    before: peer,
    room,
    polite,
    restored,
    servers,
    policy,
    line: true,
    here: true,
  };
  turn.call.consent = direct ? "asked" : "unneeded";
  turn.call.permitted = !direct;
  if (direct) turn.call.theirs = Object.freeze({ ...NO_CALL.theirs, direct: false });
  else acquire(turn);
}

/**
 * Take these servers, and return whether the call goes on. Nobody's address is gathered who was not asked.
 *
 * @param {Turn} turn
 * @param {Extract<CallEvent, { type: "renewed" | "ice" }>} event
 */
function route(turn, { servers, policy }) {
  const { call } = turn;
  if (policy === "all" && call.consent === "unneeded") {
    end(turn, "unsafe");
    return false;
  }
  call.servers = servers;
  call.policy = policy;
  return true;
}

/** @param {Turn} turn */
function acquire(turn) {
  const { call } = turn;
  if (!call.wants.camera && !call.wants.microphone) return negotiate(turn);
  call.phase = "acquiring";
  call.moveOnAt = turn.now + ACQUIRE_MS;
  turn.effects.push({ do: "acquire", kinds: call.wants });
}

/** @param {Turn} turn */
function negotiate(turn) {
  const { call } = turn;
  call.phase = "negotiating";
  call.moveOnAt = null;
  if (!call.permitted) return;
  const early = call.early;
  call.early = Object.freeze([]);
  const theirOffer = early.some(isOffer);
  open(turn, (!call.polite || call.restored) && !theirOffer);
  for (const data of early) turn.effects.push({ do: "take", data });
}

/**
 * Open a connection, unless the stranger has had too many of them: then it is over.
 *
 * @param {Turn} turn
 * @param {boolean} offers
 */
function open(turn, offers) {
  const { call, now } = turn;
  const { deadline } = call;
  if (call.peer !== call.before) {
    call.renewals = Object.freeze([...call.renewals.filter((time) => now - time < RENEWAL_MS), now]);
    if (call.renewals.length > MOST_RENEWALS) return end(turn, "failed");
  }
  if (call.opened) turn.effects.push({ do: "close" });
  call.peer += 1;
  call.opened = true;
  call.link = "new";
  call.tries = 0;
  call.iceBy = null;
  call.sample = null;
  call.silent = 0;
  hold(turn, CONNECT_MS, FIRST_TRY_MS);
  // The time that was given runs on: another connection is no reason for more.
  if (deadline !== null && call.deadline !== null) call.deadline = deadline;
  turn.effects.push({ do: "open", peer: call.peer, offers });
}

/**
 * Give the connection this long, and look after it then; while one of the two cannot be reached it is not its fault.
 *
 * @param {Turn} turn
 * @param {number} most
 * @param {number} first
 */
function hold({ call, now }, most, first) {
  const reached = call.line && call.here;
  call.deadline = reached ? now + most : null;
  call.retryAt = reached ? now + first + (call.polite ? POLITE_MS : 0) : null;
  if (!reached) call.iceBy = null;
}

/**
 * @param {Turn} turn
 * @param {boolean} line
 * @param {boolean} here
 */
function onReach(turn, line, here) {
  const { call } = turn;
  if (call.line === line && call.here === here) return;
  if (call.line !== line) call.lineBy = line || !isOn(call) ? null : turn.now + AWAY_MS;
  call.line = line;
  call.here = here;
  if (call.opened && (call.phase === "negotiating" || call.phase === "recovering")) {
    call.tries = 0;
    hold(turn, call.phase === "negotiating" ? CONNECT_MS : RECOVER_MS, 500);
  }
}

/**
 * @param {Turn} turn
 * @param {Kind} kind
 * @param {boolean} on
 */
function onWant(turn, kind, on) {
  const { call } = turn;
  if (call.wants[kind] === on) return;
  call.wants = Object.freeze({ ...call.wants, [kind]: on });
  if (on && !call.has[kind]) turn.effects.push({ do: "acquire", kinds: { ...NONE, [kind]: true } });
  if (!on && kind === "camera") {
    // Its light goes off: covered lenses are not to be relied on. A microphone is only muted, to be back at once.
    call.has = Object.freeze({ ...call.has, camera: false });
    turn.effects.push({ do: "stop", kind });
  }
}

/**
 * @param {Turn} turn
 * @param {Kinds} asked
 * @param {Kinds} has
 * @param {Call["problem"]} problem
 */
function onAcquired(turn, asked, has, problem) {
  const { call } = turn;
  for (const kind of /** @type {const} */ (["camera", "microphone"])) {
    if (!asked[kind]) continue;
    if (has[kind] && !call.wants[kind]) turn.effects.push({ do: "stop", kind });
    else call.has = Object.freeze({ ...call.has, [kind]: has[kind] });
    if (!has[kind]) call.wants = Object.freeze({ ...call.wants, [kind]: false });
  }
  call.problem = problem;
  if (call.phase === "acquiring") negotiate(turn);
}

/**
 * @param {Turn} turn
 * @param {Told} media
 */
function onMedia(turn, media) {
  const { call } = turn;
  call.theirs = media;
  // Who does not want it says so; who was not asked yet says nothing. Nobody waits for them with the camera on.
  if (media.direct === false && isOn(call) && !call.permitted) return end(turn, "declined");
  // A page says nothing of itself before it agreed; the server knows for certain and may refuse.
  const agreed = call.consent === "given" && media.direct !== false;
  if (!agreed || call.permitted) return;
  call.permitted = true;
  if (call.phase === "negotiating" && !call.opened) open(turn, !call.polite || call.restored);
}

/**
 * @param {Turn} turn
 * @param {SignalData} data
 */
function onSignal(turn, data) {
  const { call } = turn;
  // Whoever has not agreed negotiates with nobody.
  if (call.consent === "asked") return;
  call.permitted = true;
  if (call.opened) turn.effects.push({ do: "take", data });
  else if (call.phase === "acquiring") call.early = Object.freeze([...call.early, data]);
  else {
    open(turn, false);
    if (call.opened) turn.effects.push({ do: "take", data });
  }
}

/**
 * @param {Turn} turn
 * @param {"signal" | "media" | "ice"} what
 * @param {string} code
 */
function onRefused(turn, what, code) {
  const { call } = turn;
  if (what === "media" && code === "too_fast") call.tellAt = turn.now + TELL_AGAIN_MS;
  if (what === "ice" && call.iceBy !== null) restart(turn);
  if (
    what === "signal" &&
    code === "not_allowed" &&
    call.consent === "given" &&
    call.phase === "negotiating"
  ) {
    // The stranger has not agreed yet: their next word opens a new one.
    call.permitted = false;
    shut(turn);
  }
}

/**
 * @param {Turn} turn
 * @param {RTCPeerConnectionState} state
 */
function onPeer(turn, state) {
  const { call } = turn;
  call.link = state;
  if (state === "connected") return settle(turn);
  if (state !== "disconnected" && state !== "failed") return;
  if (call.phase === "connected") recover(turn, PATIENCE_MS);
  const soon = turn.now + (call.polite ? POLITE_MS : 0);
  if (state === "failed" && call.retryAt !== null) call.retryAt = Math.min(call.retryAt, soon);
}

/** @param {Turn} turn */
function settle({ call }) {
  call.phase = "connected";
  call.tries = 0;
  call.silent = 0;
  call.deadline = null;
  call.retryAt = null;
  call.iceBy = null;
}

/**
 * @param {Turn} turn
 * @param {number} patience
 */
function recover(turn, patience) {
  const { call } = turn;
  call.phase = "recovering";
  call.flowing = false;
  call.grade = "";
  hold(turn, RECOVER_MS, patience);
}

/**
 * The stranger's page was loaded again: the old connection leads nowhere.
 *
 * @param {Turn} turn
 * @param {SignalData | null} data an offer to take on a new one
 */
function onStale(turn, data) {
  const { call } = turn;
  if (call.phase === "connected") call.phase = "recovering";
  open(turn, data === null);
  if (call.opened && data !== null) turn.effects.push({ do: "take", data });
}

/**
 * @param {Turn} turn
 * @param {Sample} sample
 */
function onSample(turn, sample) {
  const { call } = turn;
  call.flowing = call.sample !== null && sample.bytes > call.sample.bytes;
  call.silent = call.flowing ? 0 : call.silent + 1;
  call.sample = sample;
  if (call.policy === "relay" && sample.way !== "" && sample.way !== "relay") return end(turn, "unsafe");
  if (call.phase === "recovering" && call.flowing && call.link === "connected") settle(turn);
  if (call.phase !== "connected") return;
  const awaited = isOpen(call) && (call.theirs.camera || call.theirs.microphone);
  if (awaited && call.silent > SILENT_SAMPLES) return recover(turn, 0);
  call.grade = graded(sample, isSeen(call));
  call.ladder = adapted(call.ladder, sample);
  if (call.ladder.spent) end(turn, "weak");
}

/** @param {Turn} turn */
function onTick(turn) {
  const { call, now } = turn;
  const due = (/** @type {number | null} */ time) => time !== null && now >= time;
  if (due(call.tellAt)) {
    call.tellAt = null;
    call.told = null;
  }
  if (due(call.moveOnAt)) return negotiate(turn);
  if (due(call.lineBy) || due(call.deadline)) return end(turn, "failed");
  if (due(call.iceBy)) return restart(turn);
  if (!due(call.retryAt)) return;
  call.retryAt = null;
  if (call.phase === "recovering" && call.flowing) {
    // It says that it is cut off, and still something comes through.
    call.retryAt = now + PATIENCE_MS;
  } else if (call.tries < MOST_TRIES) {
    call.iceBy = now + ICE_MS;
    turn.effects.push({ do: "ask-ice" });
  }
}

/** @param {Turn} turn */
function restart(turn) {
  const { call } = turn;
  call.iceBy = null;
  call.tries += 1;
  call.retryAt = turn.now + TRY_MS;
  turn.effects.push({ do: "restart" });
}

/** @param {Turn} turn */
function shut(turn) {
  const { call } = turn;
  if (call.opened) turn.effects.push({ do: "close" });
  call.opened = false;
  call.deadline = null;
  call.retryAt = null;
  call.iceBy = null;
}

/**
 * @param {Turn} turn
 * @param {CallEnd} reason
 */
function end(turn, reason) {
  const { call } = turn;
  shut(turn);
  turn.effects.push({ do: "release" });
  // With the conversation there is nobody left to tell.
  if (reason === "over") call.told = null;
  call.phase = "ended";
  call.reason = reason;
  call.has = NONE;
  call.shown = false;
  call.early = Object.freeze([]);
  call.lineBy = null;
  call.moveOnAt = null;
  call.sample = null;
  call.ladder = firstLadder();
  call.grade = "";
}

/**
 * Let the stranger know what has changed. Before one has agreed to be direct there is nothing to say.
 *
 * @param {Turn} turn
 */
function tell(turn) {
  const { call } = turn;
  if (call.room === "" || !call.line || call.tellAt !== null || call.consent === "asked") return;
  // An agreement from before may be known to the server, and is taken back.
  if (call.phase === "ended" && call.told === null && call.reason !== "declined") return;
  const media = toTell(call);
  if (call.told !== null && sameMedia(call.told, media)) return;
  call.told = media;
  turn.effects.push({ do: "tell", media });
}

/**
 * @param {Told} one
 * @param {Told} other
 */
function sameMedia(one, other) {
  return (
    one.camera === other.camera &&
    one.microphone === other.microphone &&
    one.shown === other.shown &&
    one.direct === other.direct
  );
}

/** @param {SignalData} data */
function isOffer(data) {
  return "description" in data && data.description.type === "offer";
}
