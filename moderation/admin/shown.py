"""How the desk words and shapes what it shows: ages, shortened tags, a conversation. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"))
_VERDICTS: Final = {
    "mask": "masked",
    "warn": "sender warned",
    "hold": "held back",
    "report": "flagged",
}


def span_words(span: timedelta) -> str:
    """Give a span in its largest unit: `12 min`, `3 h`, `2 d`."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "now"


def tag_short(tag: str) -> str:
    """Give enough of a tag to tell two apart on a page; never the whole."""
    return f"{tag[:6]}…" if tag else ""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a conversation.

    Attributes:
        seen: what the stranger saw when that differs from `text`; None when nobody saw it.
        verdict: what the filter did, in words; empty when it let it pass.
        met: the filter rules it met.
    """

    name: str
    is_subject: bool
    since: str
    text: str
    seen: str | None
    is_refused: bool
    is_masked: bool
    verdict: str
    met: list[str]


def transcript_shown(
    seats: Mapping[str, str],
    lines: Sequence[Mapping[str, Any]],
    *,
    subject_seat: int,
    rules: Mapping[int, str],
) -> list[ShownLine]:
    """Give a conversation line by line; a rule that is gone is named by its number."""
    if not lines:
        return []
    start = _moment(lines[0])
    return [
        ShownLine(
            name=seats.get(str(line["seat"]), f"Seat {line['seat']}"),
            is_subject=line["seat"] == subject_seat,
            since=_clock(_moment(line) - start),
            text=line["text"],
            seen=line["shown"],
            is_refused=line["shown"] is None,
            is_masked=line["shown"] is not None and line["shown"] != line["text"],
            verdict=_VERDICTS.get(line.get("verdict", ""), ""),
            met=[rules.get(rule, f"rule {rule}") for rule in line.get("rules", ())],
        )
        for line in lines
    ]


def transcript_summary(lines: Sequence[ShownLine]) -> str:
    """Give a conversation in one sentence that shows nothing of it."""
    if not lines:
        return "Nothing was written."
    counts = {
        "by the reported person": sum(line.is_subject for line in lines),
        "masked": sum(line.is_masked for line in lines),
        "never seen by the stranger": sum(line.is_refused for line in lines),
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    many = f"{len(lines)} line{'s' if len(lines) > 1 else ''} in {lines[-1].since} min"
    return f"{many}: {told}." if told else f"{many}."


def _moment(line: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(line["at"])


def _clock(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02}"
