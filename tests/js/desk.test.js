/** The desk's pure parts: keys, news, the lease, the line. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isControl, isTextField, wishOf } from "../../static/js/desk/keys.js";
import { leaseWords } from "../../static/js/desk/lease.js";
import { createLive, newsOf, SIGNED_OUT } from "../../static/js/desk/live.js";
import { chipText } from "../../static/js/desk/news.js";
import { createFakeClock } from "./support/fake-clock.js";

const press = (key, fields = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  repeat: false,
  ...fields,
});
const nowhere = { isTyping: false, isControl: false };

describe("keys", () => {
  test("letters ask for commands and measures", () => {
    assert.deepEqual(wishOf(press("n"), nowhere), { command: "next" });
    assert.deepEqual(wishOf(press("?"), nowhere), { command: "help" });
    for (const [key, measure] of [
      ["d", "dismiss"],
      ["w", "warn"],
      ["1", "warn"],
      ["5", "permanent"],
    ])
      assert.deepEqual(wishOf(press(key), nowhere), { measure });
    assert.equal(wishOf(press("x"), nowhere), null);
  });

  test("letters belong to the field in which one types", () => {
    const typing = { isTyping: true, isControl: false };
    for (const key of ["n", "d", "5", "Enter"]) assert.equal(wishOf(press(key), typing), null);
    assert.deepEqual(wishOf(press("Enter", { ctrlKey: true }), typing), { command: "submit" });
    assert.deepEqual(wishOf(press("Enter", { metaKey: true }), typing), { command: "submit" });
  });

  test("the browser's own combinations and held keys are left alone", () => {
    for (const fields of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { repeat: true }])
      assert.equal(wishOf(press("n", fields), nowhere), null);
  });

  test("Enter on a button presses the button", () => {
    assert.equal(wishOf(press("Enter"), { isTyping: false, isControl: true }), null);
    assert.deepEqual(wishOf(press("Enter"), nowhere), { command: "submit" });
  });

  test("a radio button is no text field", () => {
    assert.equal(isTextField({ tagName: "INPUT", type: "radio" }), false);
    assert.equal(isTextField({ tagName: "INPUT", type: "search" }), true);
    assert.equal(isTextField({ tagName: "TEXTAREA" }), true);
    assert.equal(isTextField(null), false);
    assert.equal(isControl({ tagName: "BUTTON" }), true);
  });
});

describe("news", () => {
  const queue = { caseId: null, me: "mo", lane: "", before: { spam: 2, other: 1 } };
  const news = (fields) => ({ event: "report", lanes: { spam: 2, other: 1 }, ...fields });

  test("a queue tells how many cases are new", () => {
    assert.equal(chipText(news(), queue), "");
    assert.equal(chipText(news({ event: "notice" }), queue), "A notice has come in.");
    assert.equal(chipText(news({ event: "notice-late" }), queue), "A notice has waited for long.");
    assert.equal(chipText(news({ lanes: { spam: 3, other: 1 } }), queue), "1 new case.");
    assert.equal(
      chipText(news({ lanes: { spam: 4, other: 1 } }), { ...queue, lane: "spam" }),
      "2 new cases.",
    );
    assert.equal(chipText(news({ lanes: { spam: 4, other: 1 } }), { ...queue, lane: "other" }), "");
  });

  test("a case tells who changed it, unless it was oneself", () => {
    const page = { ...queue, caseId: 7 };
    assert.equal(chipText(news({ event: "claim", case: 7, by: "ada" }), page), "Changed by ada.");
    assert.equal(chipText(news({ event: "claim", case: 7, by: "mo" }), page), "");
    assert.equal(chipText(news({ event: "claim", case: 8, by: "ada" }), page), "");
    assert.match(chipText(news({ case: 7 }), page), /Another report/u);
    assert.match(chipText(news({ event: "appeal", case: 7 }), page), /appealed/u);
  });
});

test("a lease is told in minutes, at its end in seconds", () => {
  assert.equal(leaseWords(20 * 60_000, 0), "20 min");
  assert.equal(leaseWords(59_000, 0), "59 s");
  assert.equal(leaseWords(0, 1), "no time");
});

describe("the line", () => {
  function opened() {
    const clock = createFakeClock();
    const lines = [];
    const states = [];
    const heard = [];
    const open = () => {
      const line = { onopen: null, onmessage: null, onclose: null };
      lines.push(line);
      return line;
    };
    createLive({
      open,
      clock,
      random: () => 1,
      onNews: (news) => heard.push(news),
      onState: (state) => states.push(state),
    });
    return { clock, lines, states, heard };
  }

  test("is opened again with growing pauses", () => {
    const { clock, lines, states } = opened();
    lines[0].onclose({ code: 1006 });
    clock.pass(300);
    lines[1].onclose({ code: 1006 });
    clock.pass(300);
    assert.equal(lines.length, 2);
    clock.pass(300);
    assert.equal(lines.length, 3);
    lines[2].onopen();
    assert.deepEqual(states, ["off", "off", "on"]);
  });

  test("is left closed by whoever is signed out", () => {
    const { clock, lines, states } = opened();
    lines[0].onclose({ code: SIGNED_OUT });
    clock.pass(60_000);
    assert.equal(lines.length, 1);
    assert.deepEqual(states, ["over"]);
  });

  test("passes news on and nothing else", () => {
    const { lines, heard } = opened();
    lines[0].onmessage({ data: '{"event":"claim","lanes":{"spam":1}}' });
    lines[0].onmessage({ data: "nonsense" });
    assert.equal(heard.length, 1);
    assert.equal(newsOf('{"event":1}'), null);
  });
});
