"""The operator's own rules: plain text, with headings, lists and paragraphs as Markdown has them.

Nothing here makes HTML: a template shows each line as text, in which addresses become links.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

TEXT_BYTES: Final = 64 * 1024
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_ITEMS: Final[dict[Literal["list", "steps"], re.Pattern[str]]] = {
    "list": re.compile(r"[-*•]\s+(.*)"),
    "steps": re.compile(r"\d{1,3}[.)]\s+(.*)"),
}
# de, pt-br, zh-hant.
_LANGUAGE = r"[a-z]{2,3}(?:-[a-z]{2,4})?"


class BadText(Exception):
    """A file holds no rules; what is wrong with it."""


@dataclass(slots=True)
class Block:
    kind: Literal["heading", "paragraph", "list", "steps"]
    # One, but of lists.
    lines: list[str] = field(default_factory=list)


def texts_read(path: Path) -> dict[str, str]:
    """Read the file, by '', and its translations beside it, by language: rules.de.txt of rules.txt.

    Raises BadText, or OSError when there is no such file.
    """
    found = {"": _text(path)}
    named = re.compile(rf"{re.escape(path.stem)}\.({_LANGUAGE}){re.escape(path.suffix)}")
    for other in sorted(path.parent.iterdir()):
        if match := named.fullmatch(other.name):
            found[match[1]] = _text(other)
    return found


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(TEXT_BYTES + 1)
    if len(content) > TEXT_BYTES:
        raise BadText(f"{path.name} is longer than {TEXT_BYTES >> 10} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadText(f"{path.name} is not UTF-8") from None
    if not text.strip() or "\0" in text:
        raise BadText(f"{path.name} holds no text")
    return text


def blocks(text: str) -> list[Block]:
    """Give what a text is made of. Lines belong together until an empty one."""
    found: list[Block] = []
    goes_on = False
    for line in map(str.strip, text.splitlines()):
        if not line:
            goes_on = False
        elif match := _HEADING.fullmatch(line):
            found.append(Block("heading", [match[1].rstrip("# ") or match[1]]))
            goes_on = False
        elif item := _item(line):
            kind, words = item
            if not found or found[-1].kind != kind:
                found.append(Block(kind))
            found[-1].lines.append(words)
            goes_on = True
        elif goes_on:
            found[-1].lines[-1] += f" {line}"
        else:
            found.append(Block("paragraph", [line]))
            goes_on = True
    return found


def _item(line: str) -> tuple[Literal["list", "steps"], str] | None:
    for kind, pattern in _ITEMS.items():
        if match := pattern.fullmatch(line):
            return kind, match[1]
    return None
