/** The picture and what belongs to it: the cover, the own picture, the buttons, the quality. */

import { nextChoice } from "../call/devices.js";
import { isOn, isOpen, isSeen } from "../call/state.js";
import { betweenCalls, callLine, connectionGrade, deviceProblem } from "../core/call-phrases.js";
import { gettext } from "../core/gettext.js";
import { byId, setText } from "./element.js";

/**
 * @import { RunningCall } from "../call/call.js"
 * @import { Capture } from "../call/capture.js"
 * @import { Memory } from "../core/memory.js"
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

const VOLUME = "volume";

/**
 * @param {object} parts
 * @param {Session} parts.session
 * @param {RunningCall} parts.call
 * @param {Capture} parts.capture
 * @param {Memory} parts.memory
 */
export function createCallView({ session, call, capture, memory }) {
  const section = byId("call", HTMLElement);
  const their = byId("their-video", HTMLVideoElement);
  const my = byId("my-video", HTMLVideoElement);
  const self = byId("self", HTMLElement);
  const selfText = byId("self-text", HTMLElement);
  const line = byId("call-line", HTMLElement);
  const problem = byId("call-problem", HTMLElement);
  const problemText = byId("call-problem-text", HTMLElement);
  const quality = byId("call-quality", HTMLElement);
  const qualityText = byId("call-quality-text", HTMLElement);
  const show = byId("call-show", HTMLButtonElement);
  const consent = byId("call-consent", HTMLElement);
  const controls = byId("call-controls", HTMLElement);
  const cover = byId("call-cover", HTMLButtonElement);
  const mute = byId("call-mute", HTMLButtonElement);
  const camera = byId("call-camera", HTMLButtonElement);
  const swap = byId("call-swap", HTMLButtonElement);
  const volume = byId("call-volume", HTMLInputElement);
  const small = byId("call-small", HTMLButtonElement);
  const full = byId("call-full", HTMLButtonElement);

  show.addEventListener("click", () => {
    call.dispatch({ type: "show", on: true });
    cover.focus({ preventScroll: true });
  });
  cover.addEventListener("click", () => call.dispatch({ type: "show", on: !call.get().shown }));
  mute.addEventListener("click", () => want("microphone"));
  camera.addEventListener("click", () => want("camera"));
  swap.addEventListener("click", async () => {
    const next = nextChoice(capture.choices("camera"), capture.chosen("camera"));
    if (!next) return;
    swap.disabled = true;
    const { superseded, current, has, problem } = await capture.choose("camera", next.id);
    swap.disabled = false;
    if (!superseded) call.dispatch({ type: "acquired", asked: current, has, problem });
  });
  byId("call-agree", HTMLButtonElement).addEventListener("click", () => call.dispatch({ type: "agree" }));
  byId("call-decline", HTMLButtonElement).addEventListener("click", () => call.dispatch({ type: "decline" }));
  byId("call-problem-close", HTMLButtonElement).addEventListener("click", () =>
    call.dispatch({ type: "dismiss" }),
  );

  const loud = memory.read(VOLUME);
  if (typeof loud === "number" && loud >= 0 && loud <= 100) volume.value = String(loud);
  their.volume = Number(volume.value) / 100;
  volume.addEventListener("input", () => {
    their.volume = Number(volume.value) / 100;
    memory.write(VOLUME, Number(volume.value));
  });
  small.hidden = !document.pictureInPictureEnabled;
  small.addEventListener("click", () => {
    const done = document.pictureInPictureElement
      ? document.exitPictureInPicture()
      : their.requestPictureInPicture();
    done.catch(() => {});
  });
  full.hidden = !document.fullscreenEnabled;
  full.addEventListener("click", () => {
    const done = document.fullscreenElement ? document.exitFullscreen() : section.requestFullscreen();
    done.catch(() => {});
  });
  document.addEventListener("fullscreenchange", () => {
    name(full, document.fullscreenElement ? gettext("Leave full screen") : gettext("Full screen"));
  });

  /** @param {"camera" | "microphone"} kind */
  function want(kind) {
    const { has, wants } = call.get();
    call.dispatch({ type: "want", kind, on: !(has[kind] && wants[kind]) });
  }

  /** @param {State} state */
  function render(state) {
    const now = call.get();
    const talking = state.phase === "talking" && state.room?.mode === "video";
    const mode = state.phase === "waiting" ? state.wish?.mode : state.room?.mode;
    const on = talking && isOn(now);
    // In text alone the conversation takes the whole width, with one line about the video.
    document.body.dataset.mode = mode === "video" && (on || !talking) ? "video" : "text";
    section.hidden = mode !== "video" || state.phase === "idle";
    if (!on && document.fullscreenElement === section) document.exitFullscreen().catch(() => {});
    if (section.hidden) {
      showTheirs(false, false);
      showMine(false);
      return;
    }
    const open = talking && isOpen(now);
    const seen = talking && isSeen(now);
    Object.assign(section.dataset, {
      phase: now.phase,
      seen: String(seen),
      grade: now.grade,
      on: String(on),
    });
    setText(line, talking ? callLine(now) : betweenCalls(state.phase === "waiting", now.wants.camera));
    const asks = on && now.consent === "asked";
    consent.hidden = !asks;
    show.hidden = !on || asks || now.shown;
    controls.hidden = !on || asks;
    self.hidden = !on || asks;
    showTheirs(open, seen);
    showMine(on);
    setText(selfText, selfWords(now.has.camera, open));
    toggle(cover, !now.shown, coverWords(now.shown));
    const speaks = now.has.microphone && now.wants.microphone;
    toggle(mute, !speaks, speaks ? gettext("Mute") : gettext("Unmute"));
    const films = now.has.camera && now.wants.camera;
    toggle(camera, !films, films ? gettext("Turn the camera off") : gettext("Turn the camera on"));
    swap.hidden = !films || capture.choices("camera").length < 2;
    quality.hidden = now.grade === "" || !open;
    setText(qualityText, connectionGrade(now.grade));
    problem.hidden = !on || now.problem === null;
    setText(
      problemText,
      now.problem
        ? gettext("%(problem)s Writing goes on as before.", { problem: deviceProblem(now.problem) })
        : "",
    );
  }

  /**
   * @param {boolean} open
   * @param {boolean} seen
   */
  function showTheirs(open, seen) {
    const tracks = open ? [call.theirs("camera"), call.theirs("microphone")] : [];
    put(their, tracks);
    small.disabled = !seen;
    if (!seen && document.pictureInPictureElement === their) document.exitPictureInPicture().catch(() => {});
  }

  /** @param {boolean} on */
  function showMine(on) {
    put(my, on ? [capture.track("camera")] : []);
  }

  return { render: () => render(session.get()) };
}

/**
 * What stands under the own picture.
 *
 * @param {boolean} camera
 * @param {boolean} open
 */
function selfWords(camera, open) {
  if (!camera) return gettext("Your camera is off");
  return open ? gettext("You") : gettext("You, covered");
}

/** @param {boolean} shown */
function coverWords(shown) {
  if (shown) return gettext("Cover the video");
  // Translators: on a button: let the video be seen and heard.
  return gettext("Show");
}

/**
 * Play exactly these tracks, or nothing.
 *
 * @param {HTMLVideoElement} video
 * @param {readonly (MediaStreamTrack | null)[]} wanted
 */
export function put(video, wanted) {
  const tracks = wanted.filter((track) => track !== null);
  const old = video.srcObject instanceof MediaStream ? video.srcObject.getTracks() : [];
  if (tracks.length === old.length && tracks.every((track) => old.includes(track))) return;
  video.srcObject = tracks.length > 0 ? new MediaStream(tracks) : null;
  // Without a press on the page sound may not begin: the next press begins it.
  if (tracks.length > 0) video.play().catch(() => {});
}

/**
 * @param {HTMLButtonElement} button
 * @param {boolean} off
 * @param {string} words
 */
function toggle(button, off, words) {
  button.dataset.off = String(off);
  name(button, words);
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} words
 */
function name(button, words) {
  if (button.title === words) return;
  button.title = words;
  button.setAttribute("aria-label", words);
}
