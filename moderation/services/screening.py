"""Looking over a running talk, off the path: what no single message shows.

Chat's job hands a talk over every so many messages and at its end. What is found opens a case with
the source “automatic”; nobody in the talk sees anything of it.

Who asks two strangers a question is judged by what the two could read. A question that is hidden
from them floods nobody and courts nobody; only a rule that asks for a review still finds it.
"""

from collections import defaultdict
from datetime import datetime
from typing import Final

from moderation.drafts import ASKER, Line, ReportDraft, Talk
from moderation.filters.talk import Said, Signal, seat_signals, talk_signals, text_fingerprint
from moderation.models import FilterRule
from moderation.policy import Reason
from moderation.receipts import reference_new
from moderation.selectors.filter import rules_enabled
from moderation.services.reports import report_take
from moderation.tags import derived_key
from omegle.lib.redis import sync_client

_REASON_OF: Final[dict[str, Reason]] = {
    "grooming": "minor",
    "flooding": "spam",
    "advertising": "spam",
    "masked": "harassment",
}
# The same text to so many rooms within an hour is advertising or a program.
_ROOMS: Final = 5
_SPAN_SECONDS: Final = 3600


def talk_screen(talk: Talk) -> int:
    """Screen a talk; give how many reports it led to. The same talk again adds nothing twice.

    Reports that the database does not take wait in the spool, as a visitor's do.
    """
    found: dict[tuple[int, Reason], list[str]] = defaultdict(list)
    for signal in _signals(talk.lines):
        found[signal.seat, _REASON_OF[signal.kind]].append(signal.why)
    for seat in _broadcasters(talk):
        found[seat, "spam"].append(f"The same text went to {_ROOMS} rooms or more within an hour.")
    for seat, reason in _reported_by_rule(talk):
        found[seat, reason].append("A rule that asks for a review was met.")
    for (seat, reason), why in found.items():
        report_take(
            ReportDraft(
                reference=reference_new("R"),
                reporter="",
                subject_seat=seat,
                about="question" if seat == ASKER else "seat",
                reason=reason,
                note=" ".join(why)[:500],
                talk=talk,
            )
        )
    return len(found)


def _signals(lines: list[Line]) -> list[Signal]:
    """Give what the talk of the strangers shows, and what the questions put to them show."""
    found = talk_signals([_said(line) for line in lines if line.kind == "message"])
    asked = [line for line in lines if line.kind == "question"]
    if any(line.shown is not None for line in asked):  # else all of them are hidden
        kinds = [line.kind for line in lines]
        stayed = lines[: kinds.index("left")] if "left" in kinds else lines
        read = [_said(line) for line in stayed if line.kind == "message"]
        found += seat_signals(ASKER, [_said(line) for line in asked], read)
    return found


def _said(line: Line) -> Said:
    at = datetime.fromisoformat(line.at).timestamp()
    return Said(line.seat, at, line.text, line.verdict)  # type: ignore[arg-type]


def _broadcasters(talk: Talk) -> set[int]:
    """Give the seats that said a text which they also said in many other rooms.

    Questions do not count: to ask many strangers the same is what they are for.
    """
    said = {
        (line.seat, fingerprint)
        for line in talk.lines
        if line.kind == "message"
        and (fingerprint := text_fingerprint(line.text, derived_key("said"))) is not None
    }
    if not said:
        return set()
    with sync_client().pipeline(transaction=False) as pipe:
        for seat, fingerprint in said:
            key = f"said:{talk.people[str(seat)].tag}:{fingerprint}"
            pipe.sadd(key, talk.room)
            pipe.expire(key, _SPAN_SECONDS)
            pipe.scard(key)
        rooms = pipe.execute()[2::3]
    return {seat for (seat, _), count in zip(said, rooms, strict=True) if count >= _ROOMS}


def _reported_by_rule(talk: Talk) -> set[tuple[int, Reason]]:
    """Give who met a rule that asks for a review, and about what; it must still ask for one."""
    met = {(line.seat, rule) for line in talk.lines if line.reported for rule in line.rules}
    rules = rules_enabled().filter(
        pk__in={rule for _, rule in met},
        action=FilterRule.Action.REPORT,
        state=FilterRule.State.ACT,
    )
    reasons: dict[int, Reason] = {rule.pk: rule.reason for rule in rules}  # type: ignore[misc]
    return {(seat, reasons[rule]) for seat, rule in met if rule in reasons}
