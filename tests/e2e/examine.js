/**
 * What is wrong with a page as it is painted now: text that sticks out of the window, is cut off, lies over other text
 * or is too faint. Evaluated in the page by `tests/e2e/examine.py`; gives a sentence for each.
 *
 * axe says nothing of the first three, and of colours only where the ground behind is one plain colour.
 */
() => {
  const SLACK = 2;
  const LEAST = 4.5;
  const LEAST_LARGE = 3;

  const problems = [];
  const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  /** Four numbers from 0 to 1; whatever notation the browser computes. */
  const known = new Map();
  const rgba = (color) => {
    if (!known.has(color)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = color;
      brush.fillRect(0, 0, 1, 1);
      known.set(
        color,
        [...brush.getImageData(0, 0, 1, 1).data].map((part) => part / 255),
      );
    }
    return known.get(color);
  };
  const over = (top, below) => below.map((part, at) => top[at] * top[3] + part * (1 - top[3]));
  const mixed = (one, other, share) => one.map((part, at) => part * share + other[at] * (1 - share));
  const luminance = (color) =>
    color
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  const named = (element) => {
    const name = element.id ? `#${element.id}` : [...element.classList].map((one) => `.${one}`).join("");
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    return `${element.localName}${name} “${text}”`;
  };
  const chain = (element) => {
    const found = [];
    for (let one = element; one; one = one.parentElement) found.unshift(one);
    return found;
  };
  const styles = new Map();
  const style = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  };

  /** For those who hear the page alone. */
  const isForHearing = (element) =>
    chain(element).some(
      (one) => style(one).clipPath === "inset(50%)" || style(one).clip === "rect(0px, 0px, 0px, 0px)",
    );
  const isVisible = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !isForHearing(element);
  const isDisabled = (element) =>
    element.closest(":disabled, [aria-disabled='true']") ||
    element.closest("label")?.querySelector(":disabled");

  const dialog = [...document.querySelectorAll("dialog[open]")].find((one) => one.matches(":modal"));

  /** Every line of text that is painted: its element and its box. */
  const lines = [];
  const walker = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || /^(script|style|noscript|option|template)$/.test(element.localName)) continue;
    if (!isVisible(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 1 && box.height > 1) lines.push({ element, box });
    }
  }

  // --- Out of the window, cut off ---------------------------------------------------------------

  const { clientWidth } = document.documentElement;
  const widest = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
  if (widest > clientWidth) problems.push(`the page is ${widest} wide in a window of ${clientWidth}`);

  const scrolls = (value) => value === "auto" || value === "scroll";
  const cuts = (value) => value === "hidden" || value === "clip";
  const isAbbreviated = (element) =>
    style(element).textOverflow === "ellipsis" && (element.title || element.closest("[title]"));
  const isFixed = (element) => chain(element).some((one) => style(one).position === "fixed");

  const cutBy = ({ element, box }) => {
    const reach = { x: true, y: true };
    for (let one = element; one && one !== document.body; one = one.parentElement) {
      const { overflowX, overflowY } = style(one);
      if (isAbbreviated(one)) return "";
      const frame = one.getBoundingClientRect();
      if (scrolls(overflowX)) reach.x = false;
      if (scrolls(overflowY)) reach.y = false;
      const sideways = box.left < frame.left - SLACK || box.right > frame.right + SLACK;
      const down = box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK;
      if (reach.x && cuts(overflowX) && sideways) return `cut off by ${named(one)}`;
      if (reach.y && cuts(overflowY) && down) return `cut off by ${named(one)}`;
      if (one.matches("button, .button, summary, .badge, .chip") && reach.x && sideways)
        return `sticks out of ${named(one)}`;
      if (style(one).position === "fixed") return "";
    }
    if (reach.x && (box.left < -SLACK || box.right > innerWidth + SLACK)) return "sticks out of the window";
    const still = cuts(style(document.body).overflowY) && !dialog;
    // What is above it altogether waits there for the focus.
    const below = box.bottom > innerHeight + SLACK || (box.top < -SLACK && box.bottom > SLACK);
    if (reach.y && still && below && !isFixed(element)) return "is cut off by a window that does not scroll";
    return "";
  };
  const told = new Set();
  const tell = (element, what) => {
    const sentence = `${named(element)} ${what}`;
    if (!told.has(sentence)) problems.push(sentence);
    told.add(sentence);
  };
  for (const line of lines) {
    const how = cutBy(line);
    if (how) tell(line.element, how);
  }
  for (const element of document.querySelectorAll(
    "body :is(img, svg, video, input, select, textarea, button, table)",
  )) {
    if (dialog && !dialog.contains(element)) continue;
    if (!isVisible(element)) continue;
    const box = element.getBoundingClientRect();
    const isInScroller = chain(element)
      .slice(0, -1)
      .some(
        (one) =>
          one !== document.body && one !== document.documentElement && style(one).overflowX !== "visible",
      );
    if (!isInScroller && (box.left < -SLACK || box.right > innerWidth + SLACK))
      tell(element, "sticks out of the window");
  }

  // What stands in an empty field is no text of the page: its width is measured.
  for (const field of document.querySelectorAll("input[placeholder], textarea[placeholder]")) {
    if ((dialog && !dialog.contains(field)) || !isVisible(field) || field.value || field.rows > 1) continue;
    const { paddingLeft, paddingRight, direction } = style(field);
    brush.font = getComputedStyle(field, "::placeholder").font;
    const wide = brush.measureText(field.placeholder).width;
    const box = field.getBoundingClientRect();
    const [left, right] = [
      box.left + Number.parseFloat(paddingLeft),
      box.right - Number.parseFloat(paddingRight),
    ];
    if (wide > right - left + SLACK) tell(field, `has no room for “${field.placeholder}”`);
    const [begins, ends] = direction === "rtl" ? [right - wide, right] : [left, left + wide];
    for (const button of field.parentElement.querySelectorAll(":scope > button")) {
      const beside = button.getBoundingClientRect();
      if (isVisible(button) && beside.left < ends - SLACK && beside.right > begins + SLACK)
        tell(button, `lies over “${field.placeholder}”`);
    }
  }

  // --- Text over text ----------------------------------------------------------------------------

  /** Whether something opaque lies between the two: then one covers the other, as a menu does. */
  const hides = (top, below) =>
    chain(top)
      .filter((one) => !one.contains(below))
      .some((one) => rgba(style(one).backgroundColor)[3] > 0.9);
  const isScrolledAway = ({ element, box }) =>
    chain(element).some((one) => {
      if (one === document.body || one === document.documentElement) return false;
      const { overflowX, overflowY } = style(one);
      if (overflowX === "visible" && overflowY === "visible") return false;
      const frame = one.getBoundingClientRect();
      return (
        box.bottom <= frame.top + 1 ||
        box.top >= frame.bottom - 1 ||
        box.right <= frame.left + 1 ||
        box.left >= frame.right - 1
      );
    });
  const shown = lines
    .filter((line) => !isScrolledAway(line))
    .sort((one, other) => one.box.top - other.box.top);
  for (const [at, one] of shown.entries()) {
    for (let next = at + 1; next < shown.length && shown[next].box.top < one.box.bottom; next += 1) {
      const other = shown[next];
      if (one.element === other.element) continue;
      const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      // Boxes of lines are higher than their letters.
      const lower = Math.min(one.box.height, other.box.height);
      if (width < 3 || height < lower * 0.35) continue;
      if (hides(one.element, other.element) || hides(other.element, one.element)) continue;
      tell(one.element, `lies over ${named(other.element)}`);
    }
  }

  // --- Contrast ----------------------------------------------------------------------------------

  const WHITE = [1, 1, 1];
  const BLACK = [0, 0, 0];

  /** What is behind without being around: pictures, which may be of any colour. */
  const isOnPicture = (element) => {
    if (!/^(absolute|fixed)$/.test(style(element).position)) return false;
    const box = element.getBoundingClientRect();
    return [...(element.parentElement?.querySelectorAll(":scope > :is(video, img)") ?? [])].some((one) => {
      if (one === element || !isVisible(one)) return false;
      const frame = one.getBoundingClientRect();
      return (
        frame.left < box.right && frame.right > box.left && frame.top < box.bottom && frame.bottom > box.top
      );
    });
  };
  const isAbovePicture = (element) =>
    element.parentElement?.querySelector(":scope > video") && style(element).zIndex !== "auto";

  /** A picture that is there once is a sign beside the words. */
  const isPainted = (element) =>
    style(element).backgroundImage.includes("url(") && style(element).backgroundRepeat !== "no-repeat";

  /** The colours of a text and of what is right behind it, painted over `ground`. */
  const painted = (elements, ground, ink) => {
    const [first, ...rest] = elements;
    const own = over(rgba(style(first).backgroundColor), ground);
    const [text, behind] = rest.length > 0 ? painted(rest, own, ink) : [over(rgba(ink), own), own];
    const opacity = Number(style(first).opacity);
    return opacity === 1 ? [text, behind] : [mixed(text, ground, opacity), mixed(behind, ground, opacity)];
  };
  const contrast = (element, ink) => {
    const elements = chain(element);
    const from = elements.findLastIndex((one) => isOnPicture(one) || isAbovePicture(one) || isPainted(one));
    if (from > 0) {
      return Math.min(
        ...[WHITE, BLACK].map((ground) => ratio(...painted(elements.slice(from), ground, ink))),
      );
    }
    const modal = elements.findLastIndex((one) => one.matches("dialog:modal"));
    return ratio(...painted(elements.slice(Math.max(0, modal)), WHITE, ink));
  };
  const judge = (element, ink, what = "") => {
    if (isDisabled(element)) return;
    const { fontSize, fontWeight } = style(element);
    const size = Number.parseFloat(fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700);
    const found = contrast(element, ink);
    if (found < (isLarge ? LEAST_LARGE : LEAST))
      tell(element, `${what}has a contrast of ${found.toFixed(2)}`);
  };
  const emoji = /^[\p{Extended_Pictographic}\p{Emoji_Component}\s]+$/u;
  for (const element of new Set(lines.map((line) => line.element))) {
    if (emoji.test(element.textContent) || element.closest("svg, [aria-hidden='true'] svg")) continue;
    judge(element, style(element).color);
  }
  for (const field of document.querySelectorAll("input, textarea, select")) {
    if ((dialog && !dialog.contains(field)) || !isVisible(field)) continue;
    if (field.placeholder && !field.value)
      judge(field, getComputedStyle(field, "::placeholder").color, "(placeholder) ");
    else if (field.value && !/^(checkbox|radio|range|hidden)$/.test(field.type))
      judge(field, style(field).color);
  }
  return problems;
};
