/** Cameras and microphones as values: what went wrong with one, what there is to choose from, which one is next. */

import { gettext } from "../core/gettext.js";

/** @import { Kind } from "./state.js" */

/** @typedef {"denied" | "missing" | "busy" | "lost" | "unsupported"} Trouble */
/** @typedef {Readonly<{ kind: Kind | "both", trouble: Trouble }>} Problem */
/** @typedef {Readonly<{ id: string, label: string }>} Choice */
/** @typedef {Readonly<Pick<MediaDeviceInfo, "deviceId" | "kind" | "label">>} Device */

/** @type {Readonly<Record<string, Trouble>>} by the name of the browser's error */
const TROUBLES = Object.freeze({
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
});

/**
 * @param {unknown} error
 * @returns {Trouble}
 */
export function troubleOf(error) {
  const name = error instanceof Error ? error.name : "";
  return (Object.hasOwn(TROUBLES, name) && TROUBLES[name]) || "busy";
}

/**
 * Put what went wrong with each of the two into one.
 *
 * @param {Trouble | null} camera
 * @param {Trouble | null} microphone
 * @returns {Problem | null}
 */
export function problemFrom(camera, microphone) {
  if (camera !== null && camera === microphone) return Object.freeze({ kind: "both", trouble: camera });
  if (camera !== null) return Object.freeze({ kind: "camera", trouble: camera });
  return microphone === null ? null : Object.freeze({ kind: "microphone", trouble: microphone });
}

/**
 * Return what there is to choose from. Before the visitor allowed anything, devices have no id: then there is nothing.
 *
 * @param {readonly Device[]} devices
 * @param {Kind} kind
 * @returns {readonly Choice[]}
 */
export function choicesOf(devices, kind) {
  const wanted = kind === "camera" ? "videoinput" : "audioinput";
  return devices
    .filter((device) => device.kind === wanted && device.deviceId !== "")
    .map(({ deviceId, label }, index) =>
      Object.freeze({ id: deviceId, label: label || numbered(kind, index + 1) }),
    );
}

/**
 * @param {Kind} kind
 * @param {number} number
 */
function numbered(kind, number) {
  return kind === "camera"
    ? gettext("Camera %(number)s", { number })
    : gettext("Microphone %(number)s", { number });
}

/**
 * Return the one after the present one, or null when there is no other.
 *
 * @param {readonly Choice[]} choices
 * @param {string} id
 */
export function nextChoice(choices, id) {
  if (choices.length < 2) return null;
  const at = choices.findIndex((choice) => choice.id === id);
  return choices[(at + 1) % choices.length] ?? null;
}
