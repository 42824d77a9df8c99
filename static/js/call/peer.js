/**
 * One peer connection: negotiates one step at a time, sends the tracks that it is handed, says what became of it.
 * Senders begin without a track. Until one is handed over nothing at all goes out: there is nothing to be got.
 */

import { fingerprintOf, judged } from "./negotiation.js";

/**
 * @import { SignalData } from "../net/frames.js"
 * @import { Rung } from "./adaptation.js"
 * @import { Kind } from "./state.js"
 */

/** @typedef {ReturnType<typeof createPeer>} Peer */
/** @typedef {Readonly<Record<Kind, MediaStreamTrack | null>>} Tracks */

const KINDS = /** @type {const} */ ({ camera: "video", microphone: "audio" });
const MICROPHONE_BITS = 40_000;

/**
 * @param {object} parts
 * @param {RTCPeerConnection} parts.connection
 * @param {boolean} parts.polite
 * @param {boolean} parts.offers whether it begins
 * @param {(data: SignalData) => void} parts.send
 * @param {(state: RTCPeerConnectionState) => void} parts.onState
 * @param {(kind: Kind, track: MediaStreamTrack) => void} parts.onTrack
 * @param {(data: SignalData | null) => void} parts.onStale this connection is of no use any more; an offer to take anew
 */
export function createPeer({ connection, polite, offers, send, onState, onTrack, onStale }) {
  let known = "";
  /** The offer that the coming candidates belong to was ignored. */
  let ignoring = false;
  let closed = false;
  /** Each step begins when the one before is done: between two of them the state is one to decide on. */
  let last = Promise.resolve();
  /** @type {Tracks} */
  let tracks = Object.freeze({ camera: null, microphone: null });
  /** @type {Rung | null} */
  let rung = null;

  connection.addEventListener("negotiationneeded", () => inTurn(() => offer(false)));
  connection.addEventListener("icecandidate", ({ candidate }) => {
    if (!closed) send({ candidate: candidate?.toJSON() ?? null });
  });
  connection.addEventListener("connectionstatechange", () => {
    if (!closed) onState(connection.connectionState);
  });
  connection.addEventListener("track", ({ track }) => {
    if (!closed) onTrack(track.kind === "video" ? "camera" : "microphone", track);
  });
  if (offers) begin();

  function begin() {
    for (const kind of [KINDS.microphone, KINDS.camera]) {
      connection.addTransceiver(kind, { direction: "sendrecv" });
    }
  }

  /** @param {() => Promise<void>} work */
  function inTurn(work) {
    last = last.then(work).catch(() => {
      // What could not be done shows as a connection that does not come about: it is tried again, or given up.
    });
  }

  /**
   * @param {boolean} again also while an earlier one is not answered
   */
  async function offer(again) {
    if (closed || (connection.signalingState !== "stable" && !again)) return;
    await connection.setLocalDescription();
    say();
  }

  function say() {
    const description = connection.localDescription;
    if (!closed && description) send({ description: { type: description.type, sdp: description.sdp } });
  }

  /** @param {SignalData} data */
  async function hear(data) {
    if (closed) return;
    if (!("description" in data)) {
      if (!ignoring) await connection.addIceCandidate(data.candidate ?? undefined);
      return;
    }
    const { description } = data;
    const verdict = judged(description, { polite, signaling: connection.signalingState, known });
    ignoring = verdict === "ignore";
    if (verdict === "renew") return onStale(data);
    if (verdict === "anew") return onStale(null);
    if (verdict === "ignore") return;
    await connection.setRemoteDescription(description);
    known = fingerprintOf(description.sdp);
    if (description.type === "offer") {
      for (const transceiver of connection.getTransceivers()) transceiver.direction = "sendrecv";
      await connection.setLocalDescription();
      say();
    }
    await fit();
  }

  /** @param {Kind} kind */
  function senderOf(kind) {
    const found = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === KINDS[kind]);
    return found?.sender ?? null;
  }

  /** Bring the senders to what is to go out. */
  async function fit() {
    for (const kind of /** @type {const} */ (["camera", "microphone"])) {
      const sender = senderOf(kind);
      if (!sender || closed) continue;
      if (sender.track !== tracks[kind]) await sender.replaceTrack(tracks[kind]);
      const wanted =
        kind === "microphone" ? { maxBitrate: MICROPHONE_BITS } : rung && limits(rung, tracks.camera);
      const parameters = sender.getParameters();
      // The stranger's page may have asked for more than one.
      const encodings = parameters.encodings ?? [];
      if (!wanted || !encodings.some((encoding) => differs(encoding, wanted))) continue;
      for (const encoding of encodings) Object.assign(encoding, wanted);
      await sender.setParameters(parameters);
    }
  }

  return {
    /** @param {SignalData} data */
    take(data) {
      inTurn(() => hear(data));
    },
    /**
     * Look for another way, with these credentials. An offer that nobody answered is made anew.
     *
     * @param {RTCConfiguration} configuration
     */
    restart(configuration) {
      inTurn(async () => {
        if (closed) return;
        connection.setConfiguration({ ...connection.getConfiguration(), ...configuration });
        if (connection.getTransceivers().length === 0) return begin();
        connection.restartIce();
        await offer(true);
      });
    },
    /**
     * Send exactly these, as large as the rung allows. What is taken away stops at once.
     *
     * @param {Tracks} next
     * @param {Rung} limit
     */
    send(next, limit) {
      if (limit === rung && next.camera === tracks.camera && next.microphone === tracks.microphone) return;
      tracks = next;
      rung = limit;
      for (const kind of /** @type {const} */ (["camera", "microphone"])) {
        // Not in turn: a cover must not wait for a negotiation.
        if (next[kind] === null)
          senderOf(kind)
            ?.replaceTrack(null)
            .catch(() => {});
      }
      inTurn(fit);
    },
    /** @returns {Promise<RTCStatsReport>} */
    stats: () => connection.getStats(),
    close() {
      closed = true;
      connection.close();
    },
  };
}

/**
 * @param {Rung} rung
 * @param {MediaStreamTrack | null} track
 */
function limits({ height, fps, kbps }, track) {
  const real = track?.getSettings().height ?? height;
  return {
    maxBitrate: kbps * 1000,
    maxFramerate: fps || 1,
    scaleResolutionDownBy: height > 0 ? Math.max(1, real / height) : 1,
  };
}

/**
 * @param {RTCRtpEncodingParameters} encoding
 * @param {Partial<RTCRtpEncodingParameters>} wanted
 */
function differs(encoding, wanted) {
  return Object.entries(wanted).some(
    ([key, value]) => encoding[/** @type {keyof RTCRtpEncodingParameters} */ (key)] !== value,
  );
}
