/** Before a video search: what one agrees to, the own picture, which camera and microphone. Nothing is on before that. */

import { DIRECT, deviceProblem } from "../core/call-phrases.js";
import { gettext } from "../core/gettext.js";
import { put } from "./call-view.js";
import { byId, made, setText } from "./element.js";

/**
 * @import { RunningCall } from "../call/call.js"
 * @import { Capture, Captured } from "../call/capture.js"
 * @import { Kind } from "../call/state.js"
 */

/** @typedef {ReturnType<typeof createVideoSetup>} VideoSetup */

const BOTH = Object.freeze({ camera: true, microphone: true });

/**
 * @param {object} parts
 * @param {RunningCall} parts.call
 * @param {Capture} parts.capture
 */
export function createVideoSetup({ call, capture }) {
  const dialog = byId("video-setup", HTMLDialogElement);
  const preview = byId("preview", HTMLVideoElement);
  const frame = byId("preview-frame", HTMLElement);
  const problem = byId("setup-problem", HTMLElement);
  const devices = byId("setup-devices", HTMLElement);
  const turnOn = byId("setup-on", HTMLButtonElement);
  const go = byId("setup-start", HTMLButtonElement);
  const without = byId("setup-without", HTMLButtonElement);
  const text = byId("setup-text", HTMLButtonElement);
  const direct = byId("setup-direct", HTMLElement);
  const selects = {
    camera: byId("setup-camera", HTMLSelectElement),
    microphone: byId("setup-microphone", HTMLSelectElement),
  };
  /** @type {(mode: "text" | "video") => void} */
  let start = () => {};
  setText(direct, DIRECT);

  turnOn.addEventListener("click", () => {
    turnOn.disabled = true;
    take(capture.open(BOTH));
  });
  for (const kind of /** @type {const} */ (["camera", "microphone"])) {
    selects[kind].addEventListener("change", () => take(capture.choose(kind, selects[kind].value)));
  }
  go.addEventListener("click", () => leave("video", on("camera"), on("microphone")));
  without.addEventListener("click", () => leave("video", false, false));
  text.addEventListener("click", () => leave("text", false, false));
  byId("setup-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    capture.release();
    preview.srcObject = null;
  });

  /** @param {Kind} kind */
  function on(kind) {
    return capture.track(kind) !== null;
  }

  /**
   * @param {"text" | "video"} mode
   * @param {boolean} camera
   * @param {boolean} microphone
   */
  function leave(mode, camera, microphone) {
    call.dispatch({ type: "prefer", wants: { camera, microphone } });
    dialog.close();
    start(mode);
  }

  /** @param {Promise<Captured>} captured */
  async function take(captured) {
    const { superseded, problem: trouble } = await captured;
    if (superseded) return;
    turnOn.disabled = false;
    setText(problem, trouble ? deviceProblem(trouble) : "");
    problem.hidden = trouble === null;
    render();
    (go.hidden ? turnOn : go).focus();
  }

  function render() {
    if (!dialog.open) return;
    const ready = on("camera") || on("microphone");
    put(preview, [capture.track("camera")]);
    frame.hidden = !on("camera");
    turnOn.hidden = on("camera") && on("microphone");
    setText(turnOn, problem.hidden ? gettext("Turn on camera and microphone") : gettext("Try again"));
    turnOn.classList.toggle("button-primary", !ready);
    go.hidden = !ready;
    without.hidden = ready;
    text.hidden = problem.hidden;
    devices.hidden = !ready;
    for (const kind of /** @type {const} */ (["camera", "microphone"])) fill(kind);
  }

  /** @param {Kind} kind */
  function fill(kind) {
    const choices = capture.choices(kind);
    const options = choices.map(({ id, label }) => made("option", { value: id }, [label]));
    selects[kind].replaceChildren(...options);
    selects[kind].value = capture.chosen(kind);
    selects[kind].disabled = choices.length === 0;
  }

  return {
    render,
    /**
     * @param {boolean} isDirect
     * @param {(mode: "text" | "video") => void} then
     */
    open(isDirect, then) {
      start = then;
      direct.hidden = !isDirect;
      problem.hidden = true;
      turnOn.disabled = false;
      setText(problem, "");
      dialog.showModal();
      render();
    },
  };
}
