/** Every sentence about the video call, beside those of `phrases.js`. */

import { gettext } from "./gettext.js";

/** @typedef {"denied" | "missing" | "busy" | "lost" | "unsupported"} Trouble */
/** @typedef {"camera" | "microphone" | "both"} Device */

/** @type {Readonly<Record<string, string>>} by the reason of the end */
const ENDS = Object.freeze({
  failed: gettext("The video did not get through. You can go on in text."),
  weak: gettext("The connection is too weak for video and sound. You can go on in text."),
  declined: gettext("No video in this conversation. You can go on in text."),
  unsafe: gettext(
    "The video was stopped: it had left the relay, which hides your address. You can go on in text.",
  ),
});

export const DIRECT = gettext(
  "This site has no relay for video. If you both agree, your browsers connect directly: the stranger could learn your network address, and with it roughly where you are.",
);

/**
 * What is to be said over the picture, or in its place.
 *
 * @param {object} call
 * @param {string} call.phase
 * @param {string} call.reason
 * @param {string} call.consent
 * @param {boolean} call.permitted
 * @param {boolean} call.shown
 * @param {Readonly<{ shown: boolean, camera: boolean }>} call.theirs
 */
export function callLine({ phase, reason, consent, permitted, shown, theirs }) {
  if (phase === "ended") return ENDS[reason] ?? gettext("The video is off.");
  if (consent === "asked") return DIRECT;
  if (phase === "acquiring") return gettext("Turning on your camera…");
  if (phase === "negotiating") {
    return permitted ? gettext("Connecting the video…") : gettext("Waiting for the stranger to agree.");
  }
  if (phase === "recovering") return gettext("The video is cut off. Getting it back…");
  if (!shown) {
    return theirs.shown
      ? gettext("The stranger has pressed Show. You see and hear each other when you do too.")
      : gettext("Covered. Nobody sees or hears anybody until you both press Show.");
  }
  if (!theirs.shown) return gettext("You pressed Show. Waiting for the stranger to do the same.");
  return theirs.camera ? "" : gettext("The stranger's camera is off.");
}

/**
 * The same while there is no call.
 *
 * @param {boolean} waiting
 * @param {boolean} wanted the camera is to go on with the next one
 */
export function betweenCalls(waiting, wanted) {
  if (!waiting) return gettext("The video is off.");
  return wanted ? gettext("Your camera is off until somebody is there.") : "";
}

/** @type {Readonly<Record<Trouble, Readonly<Record<Device, string>>>>} */
const TROUBLES = Object.freeze({
  denied: {
    camera: gettext(
      "Your browser does not allow the camera. You can change that beside the address of this page.",
    ),
    microphone: gettext(
      "Your browser does not allow the microphone. You can change that beside the address of this page.",
    ),
    both: gettext(
      "Your browser does not allow the camera and microphone. You can change that beside the address of this page.",
    ),
  },
  missing: {
    camera: gettext("No camera was found."),
    microphone: gettext("No microphone was found."),
    both: gettext("No camera and no microphone were found."),
  },
  busy: {
    camera: gettext("Another program is using the camera, or it does not answer."),
    microphone: gettext("Another program is using the microphone, or it does not answer."),
    both: gettext("Another program is using the camera and microphone, or it does not answer."),
  },
  lost: {
    camera: gettext("The camera was unplugged or switched off."),
    microphone: gettext("The microphone was unplugged or switched off."),
    both: gettext("The camera and microphone were unplugged or switched off."),
  },
  unsupported: {
    camera: gettext("This browser lets only pages with https use the camera."),
    microphone: gettext("This browser lets only pages with https use the microphone."),
    both: gettext("This browser lets only pages with https use the camera and microphone."),
  },
});

/**
 * What went wrong with a device. Writing always works.
 *
 * @param {Readonly<{ kind: Device, trouble: Trouble }>} problem
 */
export function deviceProblem({ kind, trouble }) {
  return TROUBLES[trouble][kind];
}

/** @type {Readonly<Record<string, string>>} */
const GRADES = Object.freeze({
  good: gettext("Connection: good"),
  fair: gettext("Connection: fair"),
  poor: gettext("Connection: poor"),
});

/** @param {string} grade */
export function connectionGrade(grade) {
  return GRADES[grade] ?? "";
}

/**
 * What the page says about video before it begins.
 *
 * @param {string} video
 */
export function videoNote(video) {
  if (video === "off") return gettext("Video is switched off on this site at the moment.");
  if (video !== "direct") return "";
  return gettext(
    "Video goes directly between the two browsers here; you are asked before a stranger could learn your address.",
  );
}

/** @param {number} seconds */
export function nextIn(seconds) {
  // Translators: seconds, counted down.
  return gettext("Next stranger in %(seconds)s s.", { seconds: Math.max(1, seconds) });
}
