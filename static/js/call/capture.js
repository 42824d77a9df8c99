/**
 * The visitor's own camera and microphone: switched on when asked to, off at once when not wanted any more, also when
 * the browser was still busy with switching on.
 */

import { choicesOf, problemFrom, troubleOf } from "./devices.js";

/**
 * @import { Memory } from "../core/memory.js"
 * @import { Choice, Problem, Trouble } from "./devices.js"
 * @import { Kind, Kinds } from "./state.js"
 */

/** @typedef {ReturnType<typeof createCapture>} Capture */
/**
 * `current`: what this is the answer for, still; the rest was let go or asked for again meanwhile. None of it:
 * `superseded`, and nobody's business.
 *
 * @typedef {Readonly<{ current: Kinds, superseded: boolean, has: Kinds, problem: Problem | null }>} Captured
 */

const KINDS = /** @type {const} */ (["camera", "microphone"]);
const REMEMBERED = "devices";

/**
 * @param {object} parts
 * @param {MediaDevices | null} parts.devices null where the browser does not hand them out
 * @param {Memory} parts.memory
 * @param {(kind: Kind) => void} parts.onLost a device went away by itself
 * @param {() => void} parts.onChange other tracks, or other devices to choose from
 */
export function createCapture({ devices, memory, onLost, onChange }) {
  /** @type {Record<Kind, MediaStreamTrack | null>} */
  const tracks = { camera: null, microphone: null };
  /** Counts what was asked of each: a late answer to an older wish is switched off again. */
  const asked = { camera: 0, microphone: 0 };
  const chosen = chosenFrom(memory.read(REMEMBERED));
  /** @type {readonly MediaDeviceInfo[]} */
  let known = [];

  devices?.addEventListener("devicechange", list);

  async function list() {
    try {
      known = (await devices?.enumerateDevices()) ?? [];
    } catch {
      known = [];
    }
    onChange();
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack} track
   */
  function keep(kind, track) {
    tracks[kind]?.stop();
    tracks[kind] = track;
    const id = track.getSettings().deviceId;
    if (id) chosen[kind] = id;
    track.addEventListener("ended", () => {
      if (tracks[kind] !== track) return;
      tracks[kind] = null;
      onLost(kind);
      onChange();
    });
  }

  /** @param {Kind} kind */
  function stop(kind) {
    asked[kind] += 1;
    tracks[kind]?.stop();
    tracks[kind] = null;
  }

  /**
   * @param {Kinds} kinds
   * @param {Readonly<Record<Kind, number>>} turn
   * @returns {Promise<Trouble | null>}
   */
  async function ask(kinds, turn) {
    if (!devices) return "unsupported";
    try {
      const stream = await devices.getUserMedia({
        video: kinds.camera && videoOf(chosen.camera),
        audio: kinds.microphone && audioOf(chosen.microphone),
      });
      for (const track of stream.getTracks()) {
        const kind = track.kind === "video" ? "camera" : "microphone";
        if (turn[kind] === asked[kind]) keep(kind, track);
        else track.stop();
      }
      return null;
    } catch (error) {
      const trouble = troubleOf(error);
      const kind = kinds.camera ? "camera" : "microphone";
      const together = kinds.camera && kinds.microphone;
      const current = turn[kind] === asked[kind] && chosen[kind] !== "";
      if (trouble !== "missing" || together || !current) return trouble;
      // The chosen one is not there any more: then any.
      chosen[kind] = "";
      return ask(kinds, turn);
    }
  }

  /**
   * Switch on. What cannot be had together is tried one by one.
   *
   * @param {Kinds} kinds
   * @returns {Promise<Captured>}
   */
  async function open(kinds) {
    for (const kind of KINDS) if (kinds[kind]) asked[kind] += 1;
    const turn = { ...asked };
    /** @type {Record<Kind, Trouble | null>} */
    const trouble = { camera: null, microphone: null };
    const together = await ask(kinds, turn);
    for (const kind of KINDS) {
      if (!kinds[kind] || together === null || turn[kind] !== asked[kind]) continue;
      const alone = kinds.camera && kinds.microphone && together !== "unsupported";
      trouble[kind] = alone
        ? await ask({ camera: kind === "camera", microphone: kind === "microphone" }, turn)
        : together;
    }
    memory.write(REMEMBERED, chosen);
    await list();
    const isCurrent = (/** @type {Kind} */ kind) => kinds[kind] && turn[kind] === asked[kind];
    const current = Object.freeze({ camera: isCurrent("camera"), microphone: isCurrent("microphone") });
    return {
      current,
      superseded: !current.camera && !current.microphone,
      has: Object.freeze({ camera: tracks.camera !== null, microphone: tracks.microphone !== null }),
      problem: problemFrom(
        current.camera ? trouble.camera : null,
        current.microphone ? trouble.microphone : null,
      ),
    };
  }

  return {
    open,
    /**
     * Take another device; it is remembered.
     *
     * @param {Kind} kind
     * @param {string} id
     */
    choose(kind, id) {
      chosen[kind] = id;
      return open({ camera: kind === "camera", microphone: kind === "microphone" });
    },
    /** @param {Kind} kind */
    stop(kind) {
      stop(kind);
      onChange();
    },
    release() {
      for (const kind of KINDS) stop(kind);
      onChange();
    },
    /** @param {Kind} kind */
    track: (kind) => tracks[kind],
    /** @param {Kind} kind */
    chosen: (kind) => tracks[kind]?.getSettings().deviceId ?? chosen[kind],
    /**
     * @param {Kind} kind
     * @returns {readonly Choice[]}
     */
    choices: (kind) => choicesOf(known, kind),
  };
}

/**
 * @param {unknown} value
 * @returns {Record<Kind, string>}
 */
function chosenFrom(value) {
  const { camera, microphone } = /** @type {Record<string, unknown>} */ (
    typeof value === "object" && value !== null ? value : {}
  );
  return {
    camera: typeof camera === "string" ? camera : "",
    microphone: typeof microphone === "string" ? microphone : "",
  };
}

/** @param {string} id */
function videoOf(id) {
  // Exactly: a wish weighs no more than that for a size, and another camera that has the size is taken.
  const device = id ? { deviceId: { exact: id } } : { facingMode: "user" };
  return { ...device, width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30, max: 30 } };
}

/** @param {string} id */
function audioOf(id) {
  return { ...(id && { deviceId: { exact: id } }), echoCancellation: true, noiseSuppression: true };
}
