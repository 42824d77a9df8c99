/** The composition root: puts the parts together and touches what only a browser has. */

import { createCall } from "./call/call.js";
import { createCameraCheck } from "./call/camera-check.js";
import { createCapture } from "./call/capture.js";
import { isSeen } from "./call/state.js";
import { systemClock } from "./core/clock.js";
import { createMemory } from "./core/memory.js";
import { popularFrom } from "./core/suggestions.js";
import { createConnection } from "./net/connection.js";
import { createSleepWatch } from "./net/sleep-watch.js";
import { createStatusPoll, EVERY_MS } from "./net/status-poll.js";
import { meetingOf, placeFrom, placeOf } from "./session/selectors.js";
import { createSession } from "./session/session.js";
import { createStills } from "./session/stills.js";
import { createAutoNext } from "./ui/auto-next.js";
import { createBanPanel } from "./ui/ban-panel.js";
import { createBanner } from "./ui/banner.js";
import { createCallView } from "./ui/call-view.js";
import { createCareCard } from "./ui/care.js";
import { createComposer } from "./ui/composer.js";
import { createConversation } from "./ui/conversation.js";
import { createDrawing } from "./ui/drawn.js";
import { byId, ownUrl } from "./ui/element.js";
import { frameOf, jpegOf } from "./ui/frame.js";
import { createLinkDialog } from "./ui/link-dialog.js";
import { createNotices } from "./ui/notices.js";
import { createFocus, createPage } from "./ui/page.js";
import { createQuestionBar } from "./ui/question-bar.js";
import { createReportDialog } from "./ui/report-dialog.js";
import { createSettings } from "./ui/settings.js";
import { createSound } from "./ui/sound.js";
import { createStartForm } from "./ui/start-form.js";
import { createStopButton } from "./ui/stop-button.js";
import { createVideoSetup } from "./ui/video-setup.js";
import { followViewport } from "./ui/viewport.js";
import { createWaiting } from "./ui/waiting.js";
import { createWakeLock } from "./ui/wake-lock.js";
import { createWarningDialog } from "./ui/warning-dialog.js";

/** @import { Socket, SocketEvents } from "./net/connection.js" */

const clock = systemClock;
const site = document.title;
const remembered = createMemory(() => localStorage);
const kept = createMemory(() => sessionStorage);
const reload = () => location.reload();

/**
 * @param {SocketEvents} events
 * @returns {Socket}
 */
function openSocket({ onOpen, onText, onClose }) {
  const url = new URL("/ws/", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  socket.addEventListener("open", onOpen);
  socket.addEventListener("message", ({ data }) => onText(String(data)));
  socket.addEventListener("close", ({ code }) => onClose(code));
  return {
    send: (text) => socket.send(text),
    close: (code) => socket.close(code),
  };
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} name
 * @param {string} text
 */
function saveFile(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  clock.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** @param {string | undefined} value */
function videoFrom(value) {
  return value === "relay" || value === "direct" ? value : "off";
}

/** What shows the server that a request comes from this page. */
function ownToken() {
  return byId("report-form", HTMLFormElement).querySelector("input")?.value ?? "";
}

/**
 * @param {string} room
 * @param {Blob} picture
 */
function postPicture(room, picture) {
  const headers = { "Content-Type": picture.type, "X-CSRFToken": ownToken(), "X-Room": room };
  return fetch("/camera/", { method: "POST", headers, body: picture });
}

async function fetchStatus() {
  const response = await fetch("/status.json", { credentials: "omit" });
  return response.ok ? response.json() : null;
}

async function fetchPopular() {
  const response = await fetch("/interests.json");
  return popularFrom(response.ok ? await response.json() : null);
}

/**
 * @param {string} path
 * @param {HTMLCanvasElement} frame
 */
async function sendStill(path, frame) {
  const picture = await jpegOf(frame);
  const url = ownUrl(path);
  if (picture === null || url === "") return false;
  const headers = { "Content-Type": picture.type, "X-CSRFToken": ownToken() };
  const response = await fetch(url, { method: "POST", headers, body: picture });
  return response.ok;
}

const session = createSession({
  clock,
  connect: ({ hello, onFrame, onReport }) =>
    createConnection({ openSocket, clock, random: Math.random, hello, onFrame, onReport }),
  reload,
  onCall: (event) => call.dispatch(event),
});

const capture = createCapture({
  // Browsers hand out devices to secure pages only.
  devices: navigator.mediaDevices ?? null,
  memory: remembered,
  onLost: (kind) => call.dispatch({ type: "lost", kind }),
  onChange: () => {
    call.fit();
    setup.render();
    callView.render();
  },
});
const call = createCall({
  clock,
  connect: (configuration) => new RTCPeerConnection(configuration),
  certify: () =>
    RTCPeerConnection.generateCertificate(
      /** @type {EcKeyGenParams} */ ({ name: "ECDSA", namedCurve: "P-256" }),
    ),
  capture,
  send: (frame) => session.dispatch({ type: "call", frame }),
  onTracks: () => callView.render(),
});
const setup = createVideoSetup({ call, capture });
const callView = createCallView({ session, call, capture, memory: remembered });
call.watch(callView.render);
const cameraCheck = createCameraCheck({
  clock,
  random: Math.random,
  call: call.get,
  track: capture.track,
  draw: createDrawing().draw,
  post: postPicture,
});
call.watch(() => cameraCheck.follow());

const woke = () => session.dispatch({ type: "woke" });
const poll = createStatusPoll({
  fetchStatus,
  clock,
  everyMs: matchMedia("(prefers-reduced-data: reduce)").matches ? 6 * EVERY_MS : EVERY_MS,
  wanted: () => ["idle", "waiting"].includes(session.get().phase) && document.visibilityState === "visible",
  onStatus: (status) => session.dispatch({ type: "status", status }),
});
const sleep = createSleepWatch({ clock, onWake: woke });

const composer = createComposer({
  session,
  newId,
  mayFocus: matchMedia("(pointer: fine)").matches,
  loadPicker: async () => (await import("./ui/emoji-picker.js")).createEmojiPicker,
});
// Browsers hand the clipboard to secure pages only.
const copyText = navigator.clipboard
  ? (/** @type {string} */ text) => navigator.clipboard.writeText(text)
  : null;
const theirs = byId("their-video", HTMLVideoElement);
const takesStills = document.body.dataset.stills === "on";
const stills = createStills({
  send: sendStill,
  onChange: () => reportDialog.render(session.get(), session.get()),
});
const reportDialog = createReportDialog({
  session,
  copyText,
  lookAt: () => (takesStills && isSeen(call.get()) ? frameOf(theirs) : null),
  stills,
});
const wakeLock = createWakeLock({ request: () => navigator.wakeLock.request("screen") });
const views = [
  createPage(session),
  createStartForm({
    session,
    memory: remembered,
    browserTags: navigator.languages,
    video: videoFrom(document.body.dataset.video),
    setup,
    fetchPopular,
  }),
  createBanner({ session, clock, reload }),
  createWaiting(session, clock),
  createQuestionBar(session),
  createAutoNext({ session, memory: remembered, clock }),
  createConversation({
    session,
    clock,
    site,
    saveFile,
    onEdit: composer.put,
    onLink: createLinkDialog().show,
  }),
  createCareCard(),
  composer,
  createStopButton(session),
  reportDialog,
  createWarningDialog(session),
  createBanPanel(),
  createSettings({
    memory: remembered,
    sound: createSound(() => new AudioContext()),
    notices: createNotices(site),
  }),
  createFocus(),
];

session.watch((state, previous) => {
  const { room } = state;
  const meeting = meetingOf(state);
  stills.follow(state.filing);
  call.follow(meeting, room?.live === true, room?.away.length === 0);
  cameraCheck.follow(meeting);
  for (const view of views) view.render(state, previous);
  callView.render();
  wakeLock.hold(meeting !== null && state.visible && "wakeLock" in navigator);
  const place = placeOf(state);
  if (JSON.stringify(place) !== JSON.stringify(placeOf(previous))) kept.write("place", place);
  if (state.phase !== previous.phase) poll.check();
});

// A page that the browser had frozen finds its socket dead.
document.addEventListener("resume", woke);
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) woke();
});
addEventListener("online", () => session.dispatch({ type: "network", online: true }));
addEventListener("offline", () => session.dispatch({ type: "network", online: false }));
document.addEventListener("visibilitychange", () => {
  const visible = document.visibilityState === "visible";
  session.dispatch({ type: "visibility", visible });
  if (visible) sleep.check();
  poll.check();
});

// Another tab had this visitor forgotten: what is here is over, and the door is where to go on.
new BroadcastChannel("forgotten").addEventListener("message", reload);
followViewport(window.visualViewport);
const place = placeFrom(kept.read("place"));
if (place) session.dispatch({ type: "restore", place });
session.dispatch({ type: "visibility", visible: document.visibilityState === "visible" });
poll.check();
// Browsers have service workers for secure pages only. Without one the page works as well.
navigator.serviceWorker?.register(document.body.dataset.worker ?? "").catch(() => {});
