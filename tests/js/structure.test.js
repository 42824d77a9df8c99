/** The rules that hold the page together without a build step. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { literalsIn } from "./support/literals.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const STATIC = join(ROOT, "static");
const files = readdirSync(join(STATIC, "js"), { recursive: true })
  .map((name) => join("js", String(name)))
  .filter((name) => name.endsWith(".js"));
const source = new Map(files.map((name) => [name, readFileSync(join(STATIC, name), "utf8")]));
/** Where a page or a worker begins. */
const ROOTS = [
  "js/main.js",
  "js/theme.js",
  "js/shell/worker.js",
  "js/me/kept.js",
  "js/me/forgotten.js",
  "js/proof/entry.js",
  "js/proof/worker.js",
  "js/desk/main.js",
  "js/desk/try-rule.js",
];
/** Where sockets are opened. */
/** Loaded when they are wanted, and what they alone import. */
const LAZY = ["js/ui/emoji-picker.js", "js/core/emoji.js"];
const SOCKETS = ["js/main.js", "js/desk/main.js"];
const code = (name) =>
  source
    .get(name)
    ?.replace(/\/\*[\s\S]*?\*\//gu, "")
    .replace(/^\s*\/\/.*$/gmu, "") ?? "";
const importsOf = (name) =>
  [...code(name).matchAll(/^(?:import|export)\b[^"']*?from "(.+?)";$/gmu)].map(([, path]) =>
    relative(STATIC, join(STATIC, dirname(name), path ?? "")),
  );

describe("modules", () => {
  for (const name of files) {
    test(`${name}: imports that the hashed storage can rewrite, and nothing that the policy forbids`, () => {
      const text = code(name);
      const words = text.match(/^(?:import\b|\} from\b)/gmu) ?? [];
      const statements = text.match(/^import [^;]*? from "\.{1,2}\/[^"]+\.js";$/gmu) ?? [];
      assert.equal(words.filter((word) => word === "import").length, statements.length);
      const lazy = text.match(/\bimport\("\.\/[^"]+\.js"\)/gu) ?? [];
      assert.equal(text.match(/\bimport\(/gu)?.length ?? 0, lazy.length);
      assert.doesNotMatch(text, /export default|innerHTML|outerHTML|insertAdjacentHTML|document\.write/u);
      assert.doesNotMatch(text, /\beval\(|new Function|setAttribute\("style"|["'`(]data:/u);
      assert.match(name, /^js\/(?:[a-z]+\/)?[a-z]+(?:-[a-z]+)*[0-9]*\.js$/u);
      if (!SOCKETS.includes(name)) assert.doesNotMatch(text, /\bWebSocket\b|RTCPeerConnection/u);
      for (const path of importsOf(name)) assert.ok(source.has(path), `${path} is there`);
    });
  }

  test("core, net, call and session know no document", () => {
    for (const name of files.filter(
      (file) =>
        /js\/(?:core|net|call|session)\/|js\/proof\/(?:search|sha256)/u.test(file) &&
        // It asks which language the page is in, where there is a page.
        file !== "js/core/gettext.js",
    )) {
      assert.doesNotMatch(code(name), /\bdocument\b|\bwindow\b|\blocalStorage\b|\bsessionStorage\b/u, name);
    }
  });

  test("layers point one way: proof to ui to session to call to net to core; the desk stands beside", () => {
    const level = (name) =>
      ["core", "net", "call", "session", "ui", "proof", "me", "desk"].indexOf(name.split("/")[1] ?? "");
    for (const name of files.filter((file) => file !== "js/main.js")) {
      for (const path of importsOf(name)) assert.ok(level(path) <= level(name), `${name} imports ${path}`);
    }
  });

  test("there is no cycle, and every module is used", () => {
    const done = new Set();
    const visit = (name, above) => {
      assert.ok(!above.includes(name), `cycle: ${[...above, name].join(" → ")}`);
      if (done.has(name)) return;
      for (const path of importsOf(name)) visit(path, [...above, name]);
      done.add(name);
    };
    for (const root of [...ROOTS, ...LAZY]) visit(root, []);
    const typesOnly = code("js/net/frames.js") === "" ? ["js/net/frames.js"] : [];
    assert.deepEqual(
      files.filter((name) => !done.has(name) && !typesOnly.includes(name)),
      [],
    );
  });

  test("the page preloads exactly the modules that there are", () => {
    const list = readFileSync(join(ROOT, "templates", "parts", "modules.html"), "utf8");
    const preloaded = [...list.matchAll(/\{% static '(.+?)' %\}/gu)].map(([, name]) => name);
    const chat = files.filter(
      (name) =>
        !/^js\/(?:main|theme|shell\/.*|proof\/.*|me\/.*|desk\/.*)\.js$/u.test(name) && !LAZY.includes(name),
    );
    assert.deepEqual([...preloaded].sort(), chat.sort());
  });
});

describe("what visitors are told", () => {
  // The desk is in English alone, the names of languages are each language's own, and distress is what visitors say.
  const speaking = files.filter((name) => !/^js\/desk\/|^js\/core\/(?:distress|languages)\.js$/u.test(name));
  const TRANSLATED = ["gettext", "ngettext", "pgettext"];
  /** Nobody reads what is said in these. */
  const SILENT = ["Error", "Symbol", "matchMedia", "setAttribute"];
  const KEYS = /^(?:Arrow(?:Up|Down|Left|Right)|Backspace|Delete|Enter|Escape|Tab)$/u;
  const HEADERS = /^(?:Accept-Language|Content-Type)$/u;
  const CLASSES = /^[a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]*)*)+$/u;
  const looksSaid = (text) => /\p{L}{2}.*\s\p{L}|^\s*\p{Lu}\p{Ll}|\p{L}\s*[….?!]$/u.test(text);
  const isClasses = (text) => CLASSES.test(text) && text.includes("-");
  const untranslated = (text) =>
    literalsIn(text)
      .filter(({ calls }) => !calls.some((call) => TRANSLATED.includes(call) || SILENT.includes(call)))
      .filter(({ text }) => looksSaid(text) && !isClasses(text))
      .filter(({ text }) => !KEYS.test(text) && !HEADERS.test(text) && text !== "Notification");

  test("is found where it is not translated", () => {
    const forgotten =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code
      'a(/"/u, `${b("One thing.")} or ${gettext("two %(b)s")} more`); c = ["Stop", "Wait…"]; // "No"';
    assert.deepEqual(
      untranslated(forgotten).map(({ text }) => text),
      ["One thing.", "Stop", "Wait…"],
    );
  });

  for (const name of speaking) {
    test(`${name}: goes through gettext, as plain text`, () => {
      const text = source.get(name) ?? "";
      assert.deepEqual(untranslated(text), []);
      // Otherwise it is not found by who takes the messages out of the sources.
      if (name !== "js/core/gettext.js")
        assert.doesNotMatch(code(name), /gettext\(\s*(?!"|\/\/|\s)|gettext\((?:[^"()]|"[^"]*")*`/u);
    });
  }
});

describe("templates", () => {
  const templates = readdirSync(join(ROOT, "templates"), { recursive: true })
    .map(String)
    .filter((name) => /^(?:parts\/|errors\/|moderation\/)?(?:icons\/)?[a-z0-9_]+\.html$/u.test(name));
  const markupOf = (names) =>
    names.map((name) => readFileSync(join(ROOT, "templates", name), "utf8")).join("\n");
  const markup = markupOf(templates);

  test("hold nothing that the policy forbids", () => {
    assert.doesNotMatch(markup, /\sstyle=|<style|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)/u);
    assert.doesNotMatch(markup, /(?:src|href)="https?:/u);
  });

  test("have every element that the views ask for, once", () => {
    const wanted = files.flatMap((name) => [...code(name).matchAll(/byId\("(.+?)"/gu)].map(([, id]) => id));
    assert.ok(wanted.length > 20);
    // Those of moderation are pages of their own; the others are parts of one.
    const own = templates.filter((name) => name.startsWith("moderation/"));
    const page = markupOf(templates.filter((name) => !own.includes(name)));
    for (const id of wanted) {
      const counts = [page, ...own.map((name) => markupOf([name]))].map(
        (text) => text.split(` id="${id}"`).length - 1,
      );
      assert.ok(counts.includes(1) && counts.every((count) => count <= 1), `id="${id}": ${counts}`);
    }
  });

  test("and the hooks of the browser tests", () => {
    const hooks = (
      "text-chat interest-input language-select waiting relax composer send typing status common stop ended " +
      "banner save block online report report-dialog report-note report-receipt report-link report-close report-ended " +
      "ended-report warning warning-accept ban ban-statement proof " +
      "question-mode question question-error question-wait reveal ask discuss question-bar in-on-it pinned " +
      "chat-instead chat-waiting chat-ended waiting-question composer-problem report-about landing-question " +
      "video-chat video-note video-setup setup-on setup-start setup-without setup-text setup-problem preview call " +
      "their-video my-video call-cover call-line show call-agree call-decline cover mute camera swap volume small full " +
      "call-problem call-quality auto-next setup-auto-next ended-next stay"
    ).split(" ");
    for (const hook of hooks) assert.match(markup, new RegExp(`data-testid="${hook}"`, "u"), hook);
  });
});
