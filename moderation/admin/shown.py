"""How the desk words and shapes what it shows: ages, shortened tags, a conversation. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from moderation.drafts import ASKER
from moderation.policy import ABOUT, MEASURES, About, Measure

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "min"))
# What a key chooses on the page of a case; `static/js/desk/keys.js` reads them.
MEASURE_KEYS: Final[dict[Measure, str]] = {
    "dismiss": "d",
    "warn": "w",
    "video": "v",
    "cooldown": "2",
    "day": "3",
    "week": "4",
    "permanent": "5",
}
_VERDICTS: Final = {
    "mask": "masked",
    "warn": "sender warned",
    "hold": "held back",
    "report": "flagged",
}


def measure_keys() -> list[tuple[list[str], str]]:
    """Give which keys choose which measure, for the list of keys."""
    return [
        ([key, "1"] if measure == "warn" else [key], MEASURES[measure].lower())
        for measure, key in MEASURE_KEYS.items()
    ]


def span_words(span: timedelta) -> str:
    """Give a span in its largest unit: `12 min`, `3 h`, `2 d`."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "now"


def left_words(span: timedelta) -> str:
    """Give what is left of a day or two, in hours; the last one in minutes."""
    minutes = max(0, int(span.total_seconds() // 60))
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def wait_words(span: timedelta) -> str:
    """Give how long something took, finer: `12 min`, `1.4 h`, `2.5 d`."""
    minutes = span.total_seconds() / 60
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 36 * 60 else f"{minutes / 1440:.1f} d"


def tag_short(tag: str) -> str:
    """Give enough of a tag to tell two apart on a page; never the whole."""
    return f"{tag[:6]}…" if tag else ""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a conversation.

    Attributes:
        kind: message, question or left.
        told: what a question or a leaving is, in words; empty for a message.
        seen: what others saw when that differs from `text`; None when nobody saw it.
        seen_by: who those others are.
        verdict: what the filter did, in words; empty when it let it pass.
        met: the filter rules it met.
    """

    kind: str
    name: str
    is_subject: bool
    since: str
    text: str
    told: str
    seen: str | None
    seen_by: str
    is_refused: bool
    is_masked: bool
    verdict: str
    met: list[str]


@dataclass(frozen=True, slots=True)
class ShownSeat:
    """Who sat in a room of three, and what they could see there."""

    name: str
    is_subject: bool
    is_reporter: bool
    saw: str


def seat_name(seats: Mapping[str, str], seat: int) -> str:
    """Give a name that says, where one asks and two discuss, who of the three it is."""
    name = seats.get(str(seat), f"Seat {seat}")
    if str(ASKER) not in seats:
        return name
    return f"Asker ({name})" if seat == ASKER else f"Stranger {seat} ({name})"


def about_words(about: About, seats: Mapping[str, str], subject_seat: int) -> str:
    """Give what a report is about; empty where it can only be the other stranger.

    `seats` may be empty: they go with the evidence.
    """
    if not seats:
        return ABOUT[about] if about != "seat" else ""
    name = seat_name(seats, subject_seat)
    if about == "question":
        return f"the question of {name}"
    if about == "reader":
        return f"{name}, who reads along"
    return name if str(ASKER) in seats else ""


def seats_shown(
    seats: Mapping[str, str],
    lines: Sequence[Mapping[str, Any]],
    *,
    subject_seat: int,
    reporter_seat: int | None,
) -> list[ShownSeat]:
    """Give who could see what in a room of three; nothing for two, who see the same."""
    if str(ASKER) not in seats:
        return []
    left = next((_clock(_moment(line) - _moment(lines[0])) for line in lines if _is_left(line)), "")
    if not left:
        read = "Asked, and read along to the end; could not speak."
    elif reporter_seat == ASKER:
        read = f"Asked, and read along until {left}; could not speak. What came later is not here."
    else:
        read = f"Asked, and read along until {left}, not later; could not speak."
    hidden = all(line["shown"] is None for line in lines if _is_question(line))
    questions = "no question" if hidden else "the questions"
    talked = f"Saw the other stranger's messages and {questions}; knew that somebody read along."
    return [
        ShownSeat(
            name=seat_name(seats, int(seat)),
            is_subject=int(seat) == subject_seat,
            is_reporter=int(seat) == reporter_seat,
            saw=read if int(seat) == ASKER else talked,
        )
        for seat in sorted(seats)
    ]


def question_hidden_from(seat: int, lines: Sequence[Mapping[str, Any]]) -> bool:
    """Whether there is a question that the one in this seat does not know."""
    return seat != ASKER and any(line["shown"] is None for line in lines if _is_question(line))


def transcript_shown(
    seats: Mapping[str, str],
    lines: Sequence[Mapping[str, Any]],
    *,
    subject_seat: int,
    rules: Mapping[int, str],
) -> list[ShownLine]:
    """Give a conversation line by line; a rule that is gone is named by its number."""
    shown = []
    others = "the others" if str(ASKER) in seats else "the stranger"
    for line in lines:
        is_question, is_left = _is_question(line), _is_left(line)
        if is_left:
            others = "the other stranger"
        shown.append(
            ShownLine(
                kind=line.get("kind", "message"),
                name=seat_name(seats, line["seat"]),
                is_subject=line["seat"] == subject_seat and not is_left,
                since=_clock(_moment(line) - _moment(lines[0])),
                text=line["text"],
                told=_told(line),
                seen=line["shown"],
                seen_by="both strangers" if is_question else others,
                is_refused=line.get("verdict") == "hold",
                is_masked=line["shown"] is not None and line["shown"] != line["text"],
                verdict=_VERDICTS.get(line.get("verdict", ""), ""),
                met=[rules.get(rule, f"rule {rule}") for rule in line.get("rules", ())],
            )
        )
    return shown


def transcript_summary(lines: Sequence[ShownLine]) -> str:
    """Give a conversation in one sentence that shows nothing of it."""
    written = [line for line in lines if line.kind != "left"]
    if not written:
        return "Nothing was written."
    asked = sum(line.kind == "question" for line in written)
    counts = {
        "by the reported person": sum(line.is_subject for line in written),
        "question" if asked == 1 else "questions": asked,
        "masked": sum(line.is_masked for line in written),
        "held back": sum(line.is_refused for line in written),
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    many = f"{len(written)} line{'s' if len(written) > 1 else ''} in {written[-1].since} min"
    return f"{many}: {told}." if told else f"{many}."


def _told(line: Mapping[str, Any]) -> str:
    if _is_left(line):
        return "left; nothing after this was seen by them"
    if not _is_question(line):
        return ""
    if line.get("verdict") == "hold":
        return "Question, refused: nobody saw it"
    if line["shown"] is None:
        return "Question, hidden: the strangers did not see it"
    return "Question, shown to both strangers"


def _is_question(line: Mapping[str, Any]) -> bool:
    return line.get("kind") == "question"


def _is_left(line: Mapping[str, Any]) -> bool:
    return line.get("kind") == "left"


def _moment(line: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(line["at"])


def _clock(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02}"
