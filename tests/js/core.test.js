import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { backoffDelay, CAP_MS } from "../../static/js/core/backoff.js";
import { fullBucket, nextTokenAt, taken } from "../../static/js/core/bucket.js";
import { chipsFrom, hasSeparator, withAdded, withoutAt } from "../../static/js/core/chips.js";
import {
  languagesFrom,
  primaryTag,
  spokenLanguages,
  suggestedLanguages,
} from "../../static/js/core/languages.js";
import { linksIn } from "../../static/js/core/links.js";
import { createMemory } from "../../static/js/core/memory.js";
import {
  ending,
  inCommon,
  lookingFor,
  notDelivered,
  onlineNow,
  waitingHelp,
} from "../../static/js/core/phrases.js";
import { noted, seenOf } from "../../static/js/core/sequence.js";
import { createStore } from "../../static/js/core/store.js";
import { popularFrom, suggestedInterests } from "../../static/js/core/suggestions.js";
import { cleaned, codePoints, listed } from "../../static/js/core/text.js";
import { titleWithCount } from "../../static/js/core/title.js";
import { transcriptName, transcriptText } from "../../static/js/core/transcript.js";

const LIMITS = { most: 3, chars: 8 };

describe("backoff", () => {
  test("doubles up to the cap, with full jitter", () => {
    const most = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => backoffDelay(attempt, () => 1));
    assert.deepEqual(most, [300, 600, 1200, 2400, 4800, 9600, CAP_MS, CAP_MS]);
    assert.equal(
      backoffDelay(5, () => 0.5),
      4800,
    );
  });

  test("is never a busy loop", () => {
    assert.ok(backoffDelay(0, () => 0) >= 50);
  });
});

describe("bucket", () => {
  test("stays under a burst of 20 and 2 a second over any time", () => {
    let bucket = fullBucket(0);
    let server = 20;
    let at = 0;
    for (let sent = 0; sent < 200; sent += 1) {
      const before = at;
      at = Math.max(at, nextTokenAt(bucket));
      server = Math.min(20, server + ((at - before) / 1000) * 2);
      const next = taken(bucket, at);
      assert.ok(next, "nextTokenAt tells the truth");
      bucket = next;
      server -= 1;
      assert.ok(server >= 0, `message ${sent} is within the server's limit`);
    }
  });

  test("refuses when empty", () => {
    assert.equal(taken({ tokens: 0.4, at: 0 }, 10), null);
  });
});

describe("chips", () => {
  const cases = [
    { name: "one", have: [], text: " Jazz ", chips: ["Jazz"], problem: "" },
    { name: "several by commas", have: ["tea"], text: "a, b", chips: ["tea", "a", "b"], problem: "" },
    {
      name: "other commas and lines",
      have: [],
      text: "日本，茶\nx",
      chips: ["日本", "茶", "x"],
      problem: "",
    },
    { name: "nothing", have: ["a"], text: " , ,", chips: ["a"], problem: "" },
    { name: "the same in another case", have: ["Jazz"], text: "jAZZ", chips: ["Jazz"], problem: "duplicate" },
    { name: "too long", have: [], text: "123456789", chips: [], problem: "long" },
    {
      name: "long in code points, not units",
      have: [],
      text: "🎷🎷🎷🎷🎷🎷🎷🎷",
      chips: ["🎷🎷🎷🎷🎷🎷🎷🎷"],
      problem: "",
    },
    { name: "one too many", have: ["a", "b"], text: "c,d", chips: ["a", "b", "c"], problem: "full" },
    { name: "a hash sign", have: [], text: "#jazz", chips: ["jazz"], problem: "" },
    { name: "inner white space", have: [], text: "a  \u00a0 b", chips: ["a b"], problem: "" },
  ];
  for (const { name, have, text, chips, problem } of cases) {
    test(`adding ${name}`, () => {
      assert.deepEqual(withAdded(have, text, LIMITS), { chips, problem });
    });
  }

  test("removing takes the one at that place", () => {
    assert.deepEqual(withoutAt(["a", "b", "c"], 1), ["a", "c"]);
  });

  test("what the browser remembered may be anything", () => {
    for (const junk of [null, 7, "jazz", { 0: "a" }]) assert.deepEqual(chipsFrom(junk, LIMITS), []);
    assert.deepEqual(chipsFrom(["a", 4, null, "a", "x".repeat(99), "b", "c", "d"], LIMITS), ["a", "b", "c"]);
  });

  test("only separators part", () => {
    for (const separator of [",", "、", "،", "؛"]) assert.ok(hasSeparator(`a${separator}`));
    assert.ok(!hasSeparator("a b"));
  });
});

describe("links", () => {
  const urls = (text) => linksIn(text).map((link) => link.url);

  test("are what begins as one, without what ends the sentence", () => {
    assert.deepEqual(urls("see https://example.org/a?b=1#c, or www.example.com."), [
      "https://example.org/a?b=1#c",
      "https://www.example.com/",
    ]);
    assert.deepEqual(urls("(http://example.org/wiki/Jazz_(music))"), [
      "http://example.org/wiki/Jazz_(music)",
    ]);
    assert.deepEqual(urls("“https://example.org”…"), ["https://example.org/"]);
  });

  test("are nothing else", () => {
    for (const text of [
      "javascript:alert(1)",
      "data:text/html,x",
      "ftp://example.org",
      "file.txt",
      "https://",
      "https://localhost/",
      "",
    ])
      assert.deepEqual(urls(text), [], text);
  });

  test("show the host as it is, whatever it is made to look like", () => {
    const [link] = linksIn("https://bank.example@еxample.org:8443/https://bank.example");
    assert.deepEqual(link, {
      host: "xn--xample-2of.org:8443",
      url: "https://xn--xample-2of.org:8443/https://bank.example",
    });
    assert.deepEqual(urls("https://example.org/\u202Egpj.exe"), ["https://example.org/%E2%80%AEgpj.exe"]);
  });

  test("come once each, and not without end", () => {
    assert.deepEqual(urls("www.a.org WWW.A.ORG https://www.a.org/"), ["https://www.a.org/"]);
    assert.equal(urls(Array.from({ length: 50 }, (_, at) => `www.a${at}.org`).join(" ")).length, 5);
  });

  test("cost little in a text that is made to cost much", () => {
    assert.equal(urls("www.".repeat(250)).length, 1);
    assert.equal(urls(`https://a.org/${")".repeat(990)}`).length, 1);
  });
});

describe("suggested interests", () => {
  const names = (...args) =>
    suggestedInterests(...args).map(({ name, popular }) => `${name}${popular ? "!" : ""}`);

  test("begin as what was typed, at any word; what many like comes first", () => {
    assert.deepEqual(names("Mus", [], ["musicals"], 9), [
      "musicals!",
      "classical music",
      "electronic music",
      "music",
    ]);
  });

  test("are not what is chosen or typed in full already, and no more than wanted", () => {
    assert.deepEqual(names("ja", ["Jazz"], [], 9), []);
    assert.deepEqual(names("jazz", [], [], 9), []);
    assert.equal(names("", [], ["x"], 8).length, 8);
    assert.equal(names("", [], ["x"], 8)[0], "x!");
  });

  test("an answer may be anything", () => {
    for (const junk of [null, 7, {}, { popular: "a" }]) assert.deepEqual(popularFrom(junk), []);
    assert.deepEqual(popularFrom({ popular: ["a", 3, "b"] }), ["a", "b"]);
  });
});

describe("waiting", () => {
  test("help says what is missing, how long it takes, and what to do", () => {
    assert.equal(
      waitingHelp(true, 20),
      "Nobody with one of your interests is here yet. At the moment people wait about 20 s. " +
        "Take anyone, or stop and add something that more people like.",
    );
    assert.match(waitingHelp(false, null), /^You can leave this page open/u);
  });
});

describe("languages", () => {
  test("a browser's tags become primary ones that are listed", () => {
    const tags = ["pt-BR", "nn-NO", "fil", "xx", "zh-Hant-TW", ""].map(primaryTag);
    assert.deepEqual(tags, ["pt", "nb", "tl", "", "zh", ""]);
  });

  test("suggestions are the browser's that are not chosen yet, each once", () => {
    assert.deepEqual(suggestedLanguages(["de-AT", "de", "en-US", "xx"], ["en"]), ["de"]);
  });

  test("what the browser remembered may be anything", () => {
    assert.deepEqual(languagesFrom(["de", "xx", 3, "de", "en", "fr", "it", "es", "pt"]), [
      "de",
      "en",
      "fr",
      "it",
      "es",
    ]);
    assert.deepEqual(languagesFrom({ length: 3 }), []);
  });
});

describe("languages of somebody who chose none", () => {
  test("are the page's and the browser's, each once, at most five", () => {
    assert.deepEqual(spokenLanguages("de", ["en-GB", "de-AT", "xx", "nn"]), ["de", "en", "nb"]);
    assert.deepEqual(spokenLanguages("pt", ["a", "en", "fr", "it", "es", "ja"]), [
      "pt",
      "en",
      "fr",
      "it",
      "es",
    ]);
    assert.deepEqual(spokenLanguages("xx", []), []);
  });
});

describe("sequence", () => {
  /** @param {number[]} numbers */
  const after = (numbers, jump = false) => {
    let tracks = {};
    const fresh = [];
    const gaps = [];
    for (const seq of numbers) {
      const result = noted(tracks, 2, seq, jump);
      tracks = result.tracks;
      if (result.fresh) fresh.push(seq);
      if (result.gap) gaps.push(seq);
    }
    return { fresh, gaps, seen: seenOf(tracks) };
  };

  test("in order", () => {
    assert.deepEqual(after([1, 2, 3]), { fresh: [1, 2, 3], gaps: [], seen: { 2: 3 } });
  });
  test("a replay is recognised", () => {
    assert.deepEqual(after([1, 2, 1, 2, 3]), { fresh: [1, 2, 3], gaps: [], seen: { 2: 3 } });
  });
  test("a gap is told and never counted as seen", () => {
    assert.deepEqual(after([1, 3]), { fresh: [1, 3], gaps: [3], seen: { 2: 1 } });
  });
  test("a filled gap closes", () => {
    assert.deepEqual(after([1, 3, 2]).seen, { 2: 3 });
  });
  test("a replay that starts later may jump", () => {
    assert.deepEqual(after([205], true).seen, { 2: 205 });
  });
  test("nothing seen is not told", () => {
    assert.deepEqual(seenOf({ 1: { upto: 0, ahead: [5] } }), {});
  });
});

describe("text", () => {
  test("lengths are code points", () => {
    assert.equal(codePoints("a🎷é"), 3);
  });
  test("ends are stripped, lone surrogates replaced", () => {
    assert.equal(cleaned(" \n hi\ud800 you\t"), "hi\ufffd you");
    assert.equal(cleaned("🎷"), "🎷");
  });
  test("lists read like a sentence", () => {
    assert.deepEqual(
      [[], ["a"], ["a", "b"], ["a", "b", "c"]].map((words) => listed(words)),
      ["", "a", "a and b", "a, b and c"],
    );
    assert.equal(listed(["a", "b", "c"], "disjunction"), "a, b or c");
    assert.equal(listed(["a", "b", "c"], "unit"), "a, b, c");
  });
});

describe("phrases", () => {
  test("what both have in common", () => {
    assert.equal(inCommon(["football", "jazz"], null), "You both like football and jazz.");
    assert.equal(inCommon([], "de"), "You both speak Deutsch.");
    assert.equal(inCommon([], null), "");
    assert.equal(inCommon(["tea"], "en"), "You both like tea.", "the page is in English");
  });
  test("who is looked for", () => {
    assert.equal(lookingFor(["jazz", "tea"], [], false), "Looking for someone who likes jazz or tea.");
    assert.equal(
      lookingFor(["jazz"], ["de"], false),
      "Looking for someone who likes jazz and speaks Deutsch.",
    );
    assert.equal(lookingFor([], [], true), "Looking for anyone who wants to talk.");
    assert.equal(lookingFor(["jazz"], [], true), "Nobody who likes jazz yet. Taking anyone now.");
    assert.equal(
      lookingFor(["jazz"], ["de"], true),
      "Nobody who likes jazz yet. Taking anyone who speaks Deutsch now.",
    );
    assert.equal(lookingFor([], ["de"], true), "Looking for someone who speaks Deutsch.");
  });
  test("without a name it is the stranger", () => {
    assert.equal(ending("left", []), "The stranger left the conversation.");
    assert.equal(ending("reported", []), "You reported the stranger. You won't meet again.");
  });
  test("every reason of the protocol has a sentence, an unknown one too", () => {
    const reasons = [
      "left",
      "lost",
      "you_left",
      "moderated",
      "idle",
      "reset",
      "blocked",
      "reported",
      "reported_question",
      "away",
      "checked",
    ];
    const sentences = new Set(reasons.map((reason) => ending(reason, ["Quiet Otter"])));
    assert.equal(sentences.size, reasons.length);
    for (const odd of ["new_reason", "toString", "__proto__"]) {
      assert.equal(ending(odd, ["Quiet Otter"]), "The conversation is over.");
    }
  });
  test("a refused message says why", () => {
    assert.equal(notDelivered("refused_text", "Links are held back."), "Not delivered: Links are held back.");
    assert.match(notDelivered("too_fast", ""), /too fast/);
  });
  test("how many are online", () => {
    assert.deepEqual([0, 1, 2].map(onlineNow), [
      "Nobody else is here yet",
      "1 person online",
      "2 people online",
    ]);
  });
});

describe("title", () => {
  test("counts what was not seen", () => {
    assert.deepEqual(
      [0, 1, 99, 100].map((count) => titleWithCount("Omegle", count)),
      ["Omegle", "(1) Omegle", "(99) Omegle", "(99+) Omegle"],
    );
  });
});

describe("transcript", () => {
  const at = new Date(2025, 0, 2, 3, 4, 5).getTime();
  const line = { mark: "", who: "You", text: "hi", at, delivered: true };

  test("has names, times, what is in common, lines and the end", () => {
    const text = transcriptText({
      site: "Omegle",
      me: "Brave Lynx",
      strangers: ["Quiet Otter"],
      common: ["jazz", "tea"],
      lines: [
        line,
        { ...line, who: "Quiet Otter", text: "two\nlines" },
        { ...line, text: "lost", delivered: false },
        { ...line, mark: "*", text: "A notice." },
      ],
      end: "Quiet Otter left the conversation.",
    });
    assert.equal(
      text,
      [
        "A conversation on Omegle",
        "2025-01-02, times are local",
        "You: Brave Lynx",
        "Stranger: Quiet Otter",
        "In common: jazz, tea",
        "",
        "[03:04:05] You: hi",
        "[03:04:05] Quiet Otter: two",
        "        lines",
        "[03:04:05] You: lost (not delivered)",
        "[03:04:05] * A notice.",
        "",
        "Quiet Otter left the conversation.",
        "",
      ].join("\n"),
    );
  });

  test("an empty one is still a text", () => {
    const text = transcriptText({ site: "X", me: "a", strangers: ["b"], common: [], lines: [], end: "" });
    assert.equal(text, "A conversation on X\nYou: a\nStranger: b\n\n");
  });

  test("the name of the file is harmless", () => {
    assert.equal(transcriptName("../My Site!", at), "my-site-2025-01-02-030405.txt");
    assert.equal(transcriptName("話", at), "chat-2025-01-02-030405.txt");
  });
});

describe("store", () => {
  test("tells watchers in the order of the changes, also of those they make", () => {
    const store = createStore(0);
    const told = [];
    store.watch((value) => {
      if (value === 1) store.set(2);
    });
    store.watch((value, previous) => told.push([previous, value]));
    store.set(1);
    assert.deepEqual(told, [
      [0, 1],
      [1, 2],
    ]);
  });
});

describe("memory", () => {
  test("remembers, forgets, and survives a storage that throws or lies", () => {
    const shelf = new Map();
    const storage = {
      getItem: (key) => shelf.get(key) ?? null,
      setItem: (key, value) => shelf.set(key, value),
      removeItem: (key) => shelf.delete(key),
    };
    const memory = createMemory(() => storage);
    memory.write("a", ["x"]);
    assert.deepEqual(memory.read("a"), ["x"]);
    memory.write("a", null);
    assert.equal(shelf.size, 0);
    shelf.set("b", "{not json");
    assert.equal(memory.read("b"), null);
    const closed = createMemory(() => {
      throw new Error("storage is switched off");
    });
    closed.write("a", 1);
    assert.equal(closed.read("a"), null);
  });
});
