/** Every sentence about the video call, beside those of `phrases.js`. */

/** @typedef {"denied" | "missing" | "busy" | "lost" | "unsupported"} Trouble */

const COVERED = "Covered. Nobody sees or hears anybody until you both press Show.";
const READY = "The stranger has pressed Show. You see and hear each other when you do too.";
const SHOWN = "You pressed Show. Waiting for the stranger to do the same.";
const CAMERA_OFF = "The stranger's camera is off.";
const BOTH = "camera and microphone";
const BACK = "The video is cut off. Getting it back…";

/** @type {Readonly<Record<string, string>>} by the reason of the end */
const ENDS = Object.freeze({
  failed: "The video did not get through. You can go on in text.",
  weak: "The connection is too weak for video and sound. You can go on in text.",
  declined: "No video in this conversation. You can go on in text.",
  unsafe: "The video was stopped: it was not kept to the relay. You can go on in text.",
});

export const DIRECT =
  "This site has no relay for video. If you both agree, your browsers connect directly: the stranger could learn your network address, and with it roughly where you are.";

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
  if (phase === "ended") return ENDS[reason] ?? "The video is off.";
  if (consent === "asked") return DIRECT;
  if (phase === "acquiring") return "Turning on your camera…";
  if (phase === "negotiating")
    return permitted ? "Connecting the video…" : "Waiting for the stranger to agree.";
  if (phase === "recovering") return BACK;
  if (!shown) return theirs.shown ? READY : COVERED;
  if (!theirs.shown) return SHOWN;
  return theirs.camera ? "" : CAMERA_OFF;
}

/**
 * The same while there is no call.
 *
 * @param {boolean} waiting
 * @param {boolean} wanted the camera is to go on with the next one
 */
export function betweenCalls(waiting, wanted) {
  if (!waiting) return "The video is off.";
  return wanted ? "Your camera is off until somebody is there." : "";
}

/** @type {Readonly<Record<Trouble, (device: string) => string>>} */
const TROUBLES = Object.freeze({
  denied: (device) =>
    `Your browser does not allow the ${device}. You can change that beside the address of this page.`,
  missing: (device) => `No ${device} was found.`,
  busy: (device) => `Another program is using the ${device}, or it does not answer.`,
  lost: (device) => `The ${device} ${device === BOTH ? "were" : "was"} unplugged or switched off.`,
  unsupported: (device) => `This browser hands out no ${device} here. It does so on pages with https only.`,
});

/**
 * What went wrong with a device. Writing always works.
 *
 * @param {Readonly<{ kind: "camera" | "microphone" | "both", trouble: Trouble }>} problem
 */
export function deviceProblem({ kind, trouble }) {
  return TROUBLES[trouble](kind === "both" ? BOTH : kind);
}

/** @param {string} grade */
export function connectionGrade(grade) {
  return grade === "" ? "" : `Connection: ${grade}`;
}

/**
 * What the page says about video before it begins.
 *
 * @param {string} video
 */
export function videoNote(video) {
  if (video === "off") return "Video is switched off on this site at the moment.";
  if (video !== "direct") return "";
  return (
    "Video goes directly between the two browsers here; you are asked before a stranger could learn your address. " +
    "If you run this site: a relay hides addresses. Install coturn and start again, or set " +
    "TURN_URLS, TURN_SECRET and TURN_RELAYS."
  );
}

/** @param {number} seconds */
export function nextIn(seconds) {
  return `Next stranger in ${Math.max(1, seconds)} s.`;
}
