"""Fill a copy with made-up cases, to look at the desk with: `seed_demo --cases 200`.

Everything goes through the services, at the times it is meant to have happened. The moderators in
it are accounts that cannot sign in.
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from unittest import mock

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from moderation.cases import NotPossible
from moderation.drafts import Line, Person, ReportDraft, Talk
from moderation.management.demo import (
    NAMES,
    DemoRoom,
    demo_appeal,
    demo_note,
    demo_picture,
    demo_room,
)
from moderation.models import Case, Report
from moderation.policy import LANE_OF, RULES, Measure, Reason, rules_for, suggested_measure
from moderation.receipts import reference_new
from moderation.selectors import prior_measures
from moderation.services.appeals import appeal_make
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import report_file, report_receive
from moderation.services.stills import still_attach, stills_taken
from moderation.statements import PRESETS, QUESTION_PRESETS

_MODERATORS: Final = {"demo-ada": "senior", "demo-ben": "senior", "demo-cleo": "senior"}
_OFTEN: Final[dict[Reason, int]] = {
    "harassment": 32,
    "spam": 20,
    "nudity": 16,
    "hate": 8,
    "other": 8,
    "minor": 6,
    "violence": 5,
    "self_harm": 3,
    "illegal": 2,
}
_DECIDED, _CLAIMED, _ONE_MORE, _KNOWN, _APPEALED = 0.35, 0.02, 0.25, 0.15, 0.15
_SPAN: Final = timedelta(days=4)
_NEWEST: Final = timedelta(minutes=1)


class Command(BaseCommand):
    help = "Make believable cases, for a look at the review desk."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, default=200, help="how many (200)")
        parser.add_argument("--seed", type=int, default=1, help="the same makes the same cases")
        parser.add_argument("--yes", action="store_true", help="also where DEBUG is off")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and not options["yes"]:
            raise CommandError(
                "DEBUG is off, so this may be a copy that people use: --yes makes the cases anyway."
            )
        with transaction.atomic():
            made = _Demo(Random(options["seed"])).make(options["cases"])
        self.stdout.write(f"{made} cases with {Report.objects.count()} reports are there.")


class _Demo:
    """One run; everything it does by chance comes from one source."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.subjects: list[str] = []

    def make(self, cases: int) -> int:
        now = timezone.now()
        before = Case.objects.count()
        moderators = _moderators()
        with (
            mock.patch("secrets.choice", self.chance.choice),  # the references too
            mock.patch("moderation.services.reports.enqueue"),  # filed here and now
        ):
            # In their order, the later the closer together, up to the present.
            while (made := Case.objects.count() - before) < cases:
                left = 1 - (made + self.chance.random()) / cases
                self._case(now - _NEWEST - _SPAN * max(0.0, left) ** 3, moderators)
        # Whoever is taken for a moderator here can do nothing any more.
        User.objects.filter(pk__in=[each.pk for each in moderators]).update(is_active=False)
        return Case.objects.count() - before

    def _case(self, moment: datetime, moderators: list[User]) -> None:
        reason = self.chance.choices(list(_OFTEN), list(_OFTEN.values()))[0]
        subject = self._subject()
        case_id = self._report(moment, subject, reason)
        while self.chance.random() < _ONE_MORE:
            same = [each for each in _OFTEN if LANE_OF[each] == LANE_OF[reason]]
            moment += timedelta(minutes=self.chance.randint(1, 30))
            self._report(min(moment, timezone.now()), subject, self.chance.choice(same))
        wait = timedelta(minutes=self.chance.randint(2, 60))
        roll = self.chance.random()
        if roll < _DECIDED and moment + wait < timezone.now():
            self._decide(moment + wait, case_id, self.chance.choice(moderators))
        elif roll > 1 - _CLAIMED:
            case_claim(case_id, moderator=self.chance.choice(moderators))

    def _subject(self) -> str:
        """Give somebody new, or somebody who was reported before."""
        if self.subjects and self.chance.random() < _KNOWN:
            return self.chance.choice(self.subjects)
        self.subjects.append(self._tag())
        return self.subjects[-1]

    def _tag(self) -> str:
        return f"{self.chance.getrandbits(128):032x}"

    def _report(self, moment: datetime, subject: str, reason: Reason) -> int:
        began = moment - timedelta(minutes=self.chance.randint(2, 9))
        room = demo_room(self.chance, reason)
        names = self.chance.sample(NAMES, k=len(room.seats))
        people = {
            str(seat): Person(name=name, tag=subject if seat == room.subject else self._tag())
            for seat, name in zip(room.seats, names, strict=True)
        }
        is_ours = len(room.seats) == 2 and reason in ("spam", "minor")
        is_automatic = is_ours and self.chance.random() < 0.3
        is_video = len(room.seats) == 2 and reason == "nudity"
        draft = ReportDraft(
            reference=reference_new("R"),
            reporter="" if is_automatic else people[str(room.reporter)].tag,
            subject_seat=room.subject,
            about=room.about,
            reason=reason,
            note="" if is_automatic else demo_note(self.chance, reason, room.about),
            talk=Talk(
                room=self._tag(),
                mode="video" if is_video else "text",
                began_ms=int(began.timestamp() * 1000),
                people=people,
                lines=self._lines(room, began),
            ),
        )
        with _at(moment):
            reference = report_receive(draft)
            report = Report.objects.get(reference=reference)
            report_file(report.pk)
            if is_video and stills_taken():
                still_attach(
                    demo_picture(self.chance), reference=reference, reporter=report.reporter
                )
        report.refresh_from_db()
        assert report.case_id is not None  # noqa: S101  (it has just been filed)
        return report.case_id

    def _lines(self, room: DemoRoom, began: datetime) -> list[Line]:
        """Give the lines with their times and numbers."""
        at, lines = began, []
        seqs = {seat: 0 if seat else -1 for seat in room.seats}  # questions count from 0
        for line in room.lines:
            seqs[line.seat] += line.verdict != "hold" and line.kind != "left"
            lines.append(
                Line(
                    seat=line.seat,
                    kind=line.kind,
                    seq=seqs[line.seat],
                    at=at.isoformat(),
                    text=line.text,
                    shown=line.shown,
                    verdict=line.verdict,
                )
            )
            at += timedelta(seconds=self.chance.randint(2, 15))
        return lines

    def _decide(self, moment: datetime, case_id: int, moderator: User) -> None:
        with _at(moment):
            try:
                case = case_claim(case_id, moderator=moderator)
            except NotPossible:
                return  # an earlier roll of the dice has it claimed
            rule = self.chance.choice(rules_for(case.lane))  # type: ignore[arg-type]
            upheld = self.chance.random() < 0.75
            measure: Measure = (
                suggested_measure(rule, prior_measures(case)) if upheld else "dismiss"
            )
            about = case.reports.latest("created_at").about
            presets = PRESETS if about == "seat" else QUESTION_PRESETS
            decision = case_decide(
                case_id,
                moderator=moderator,
                version=case.version,
                measure=measure,
                rule=rule,
                facts=self.chance.choice(presets.get(rule, (RULES[rule].title,))),
            )
        if upheld and self.chance.random() < _APPEALED:
            later = moment + timedelta(minutes=self.chance.randint(5, 600))
            with _at(min(later, timezone.now())):
                appeal_make(decision, text=demo_appeal(self.chance))


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """Have the services believe that it is then."""
    with mock.patch.object(timezone, "now", return_value=moment):
        yield


def _moderators() -> list[User]:
    people = []
    for name, role in _MODERATORS.items():
        user, _ = User.objects.get_or_create(username=name)
        user.is_active = True
        user.set_unusable_password()
        user.save()
        user.groups.set([Group.objects.get(name=role)])
        people.append(user)
    return people
