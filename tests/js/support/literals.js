/** The string literals of a module, each with the calls that it stands in: enough of a scanner for this project. */

/** What may stand before a `/` that begins a regular expression and not a division. */
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{};>]|\breturn)\s*$/u;

/**
 * @param {string} code
 * @returns {{ text: string, line: number, calls: string[] }[]} calls: the innermost last; of a template the parts
 *   between its places
 */
export function literalsIn(code) {
  const found = [];
  /** What is open: a call or a group by its bracket, a place of a template. */
  const open = [];
  let at = 0;
  const calls = () => open.map(({ callee }) => callee).filter(Boolean);
  const note = (text, from) =>
    found.push({ text, line: code.slice(0, from).split("\n").length, calls: calls() });

  /** From behind the back quote, or behind a place, to the next place or to the end. */
  function template() {
    const from = at;
    while (at < code.length && code[at] !== "`" && !code.startsWith("${", at))
      at += code[at] === "\\" ? 2 : 1;
    note(code.slice(from, at), from);
    if (code[at] === "`") at += 1;
    else {
      open.push({ bracket: "${" });
      at += 2;
    }
  }

  while (at < code.length) {
    const sign = code[at];
    const before = code.slice(Math.max(0, at - 60), at);
    if (code.startsWith("//", at)) at = (code.indexOf("\n", at) + 1 || code.length + 1) - 1;
    else if (code.startsWith("/*", at)) at = code.indexOf("*/", at) + 2;
    else if (sign === "/" && BEFORE_PATTERN.test(before)) {
      let inClass = false;
      for (at += 1; code[at] !== "/" || inClass; at += code[at] === "\\" ? 2 : 1) {
        if (code[at] === "[") inClass = true;
        if (code[at] === "]") inClass = false;
      }
      at += 1;
    } else if (sign === '"' || sign === "'") {
      const from = at;
      for (at += 1; code[at] !== sign; at += code[at] === "\\" ? 2 : 1);
      note(code.slice(from + 1, at), from);
      at += 1;
    } else if (sign === "`") {
      at += 1;
      template();
    } else {
      at += 1;
      if ("([{".includes(sign)) {
        const callee = sign === "(" ? (/([\w$]+)\s*$/u.exec(before)?.[1] ?? "") : "";
        open.push({ bracket: sign, callee });
      } else if (")]}".includes(sign) && open.pop()?.bracket === "${") template();
    }
  }
  return found;
}
