/** A whole session on a fake clock and fake sockets: the tests play the server. */

import { createConnection } from "../../../static/js/net/connection.js";
import { createSession } from "../../../static/js/session/session.js";
import { createFakeClock } from "./fake-clock.js";

export const WISH = Object.freeze({ mode: "text", role: "chat", interests: ["jazz"], languages: [] });

export const DISCUSS = Object.freeze({ ...WISH, role: "discuss" });
export const ASK = Object.freeze({
  ...WISH,
  role: "ask",
  question: "What would you take to an island?",
  reveal: false,
});

export function createStage() {
  const clock = createFakeClock();
  const sockets = [];
  /** What the call heard. */
  const calls = [];
  let reloads = 0;

  function openSocket(events) {
    const socket = {
      sent: [],
      closedWith: null,
      send: (text) => socket.sent.push(JSON.parse(text)),
      close: (code) => {
        socket.closedWith = code;
      },
      open: () => events.onOpen(),
      say: (frame) => events.onText(JSON.stringify(frame)),
      sayText: (text) => events.onText(text),
      drop: (code = 1006) => events.onClose(code),
      ofType: (type) => socket.sent.filter((frame) => frame.type === type),
    };
    sockets.push(socket);
    return socket;
  }

  const session = createSession({
    clock,
    connect: (line) => createConnection({ openSocket, clock, random: () => 0.5, ...line }),
    onCall: (event) => calls.push(event),
    reload: () => {
      reloads += 1;
    },
  });

  const stage = {
    clock,
    sockets,
    calls,
    session,
    get state() {
      return session.get();
    },
    get socket() {
      return sockets[sockets.length - 1];
    },
    get reloads() {
      return reloads;
    },
    do: (type, more = {}) => session.dispatch({ type, ...more }),
    say: (id, text) => session.dispatch({ type: "say", id, text }),
    welcome(more = {}) {
      stage.socket.open();
      stage.socket.say({
        type: "welcome",
        protocol: 1,
        name: "Brave Lynx",
        resume: "token",
        epoch: "e1",
        resumed: false,
        online: 7,
        video: "relay",
        limits: { message_chars: 1000, interests: 10, interest_chars: 32 },
        ...more,
      });
    },
    waiting: (more = {}) =>
      stage.socket.say({
        type: "waiting",
        mode: "text",
        role: "chat",
        interests: ["jazz"],
        languages: [],
        relaxes_in: 10,
        ...more,
      }),
    matched: (more = {}) => stage.socket.say({ ...MATCHED, ...more }),
    theirs: (seq, text, room = "r1") => stage.said(2, seq, text, room),
    said: (seat, seq, text, room = "r1") =>
      stage.socket.say({ type: "message", room, seat, seq, text, at: "2025-01-02T03:04:05Z" }),
    question: (n, after, more = {}) =>
      stage.socket.say({
        type: "question",
        room: "r1",
        n,
        text: `q${n}`,
        at: "2025-01-02T03:04:05Z",
        after,
        ...more,
      }),
    mine: (seq, text, room = "r1") =>
      stage.socket.say({ type: "message", room, seat: 1, seq, text, at: "2025-01-02T03:04:05Z" }),
    sent: (id, seq, room = "r1") => stage.socket.say({ type: "sent", room, id, seq, ref: id }),
    ended: (reason, room = "r1") => stage.socket.say({ type: "ended", room, reason, by: 2 }),
    error: (code, ref, detail = "No.", more = {}) =>
      stage.socket.say({ type: "error", code, detail, ref, ...more }),
    /** From the first click into a conversation. */
    talk() {
      stage.do("find", { wish: WISH });
      stage.welcome();
      stage.waiting();
      stage.matched();
      return stage;
    },
    /** Into a conversation to watch, or one that somebody else watches. */
    watch(wish = ASK) {
      stage.do("find", { wish });
      stage.welcome();
      stage.waiting({ role: "ask" });
      stage.socket.say({ ...WATCHING, revealed: wish.reveal });
      return stage;
    },
    discuss(more = {}) {
      stage.do("find", { wish: DISCUSS });
      stage.welcome();
      stage.waiting({ role: "discuss" });
      stage.socket.say({ ...DISCUSSING, ...more });
      return stage;
    },
    /** After a loss: wait for the next socket and take the place up again. */
    resume(more = {}, matched = MATCHED) {
      clock.pass(5_000);
      stage.welcome({ resumed: true, ...more });
      stage.socket.say(matched);
    },
    texts: () => session.get().room?.entries.map((entry) => entry.text) ?? [],
    deliveries: () => session.get().room?.entries.map((entry) => `${entry.id}:${entry.delivery}`) ?? [],
  };
  return stage;
}

export const MATCHED = Object.freeze({
  type: "matched",
  room: "r1",
  mode: "text",
  role: "chat",
  you: { seat: 1, name: "Brave Lynx" },
  strangers: [{ seat: 2, name: "Quiet Otter" }],
  common_interests: ["jazz"],
  language: null,
  spied: false,
  question: null,
});

export const WATCHING = Object.freeze({
  ...MATCHED,
  role: "ask",
  you: { seat: 0, name: "Brave Lynx" },
  strangers: [
    { seat: 1, name: "Stranger 1" },
    { seat: 2, name: "Stranger 2" },
  ],
  question: ASK.question,
  revealed: false,
});

/** A question that this one does not see. */
export const DISCUSSING = Object.freeze({ ...MATCHED, role: "discuss", spied: true });
