"""Fill a copy with made-up cases, to look at the desk with: `seed_demo --cases 200`.

Everything goes through the services, at the times it is meant to have happened. The moderators in
it are accounts that cannot sign in.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, cast
from unittest import mock

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from msgspec.structs import replace

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.drafts import Line, Person, ReportDraft, Talk
from moderation.management.demo import (
    NAMES,
    DemoRoom,
    demo_answer,
    demo_appeal,
    demo_note,
    demo_notice,
    demo_picture,
    demo_room,
)
from moderation.models import Case, Decision, FilterRule, Report, Request, SecondOpinion
from moderation.policy import (
    LANE_OF,
    RULES,
    URGENT_LANES,
    Lane,
    Measure,
    Reason,
    rules_for,
    suggested_measure,
)
from moderation.policy.desk import SECOND_OPINION_DAYS
from moderation.receipts import reference_new
from moderation.rights import rank_of, rank_set
from moderation.selectors.desk import prior_measures
from moderation.services.appeals import appeal_claim, appeal_decide, appeal_make
from moderation.services.approvals import request_approve
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide, decision_lift
from moderation.services.notices import (
    Outcome,
    notice_claim,
    notice_decide,
    notice_make,
    notices_watch,
)
from moderation.services.opinions import opinion_give, opinions_ask
from moderation.services.reports import report_file, report_receive
from moderation.services.rules import rule_save
from moderation.services.stills import still_attach, stills_taken
from moderation.statements import PRESETS, QUESTION_PRESETS
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, progress

_MODERATORS: Final = ("demo-ada", "demo-ben", "demo-cleo")
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
_CLAIMED, _ONE_MORE, _KNOWN = 0.02, 0.25, 0.15
# Who reports often, and how much of all; some of what was decided is appealed or taken back.
_REPORTERS, _OFTEN_REPORTED, _APPEALED, _GRANTED, _LIFTED = 4, 0.12, 0.15, 0.25, 0.06
# How many second opinions are given, and how many are what was decided.
_ANSWERED, _AGREED = 0.9, 0.75
# Of the last days much still waits, of the weeks before little.
_RECENT: Final = timedelta(days=3)
_DECIDED: Final = {True: 0.45, False: 0.96}
_SPAN: Final = timedelta(days=60)
_NEWEST: Final = timedelta(minutes=1)
# Minutes; what is urgent is looked at first.
_LOOKED_WITHIN: Final = {True: 40, False: 600}
# How many notices name a report, and how they are decided.
_NAMED: Final = 0.6
_OUTCOMES: Final[tuple[Outcome, ...]] = ("removed", "no_action", "no_action")
_NOTICE_WHY: Final = "We read what you wrote, and looked at what we have of it."
# Rules that observe, and for how many days.
_OBSERVED: Final = {"cheap followers": 6, "meet me at the": 1, "send proof first": 20}


class Command(OperatorCommand):
    help = "Make believable cases, for a look at the review desk."
    changes = "Adds made-up cases, and accounts of moderators that cannot sign in. Audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, default=200, help="how many (200)")
        parser.add_argument("--seed", type=int, default=1, help="the same makes the same cases")
        parser.add_argument("--yes", action="store_true", help="also where DEBUG is off")

    def answer(self, **options: Any) -> Answer:
        if not settings.DEBUG and not options["yes"]:
            raise Stop(
                Exit.NO,
                "DEBUG is off, so people may use this copy: --yes makes the cases anyway.",
            )
        with transaction.atomic():
            demo = _Demo(Random(options["seed"]), made=progress(self.stderr, options["cases"]))
            made = demo.make(options["cases"])
            detail = {"cases": made}
            audit_append(actor=actor_name(), action="seed_demo", target="cases", detail=detail)
        reports = Report.objects.count()
        data = {"cases": made, "reports": reports}
        return Answer(data, [f"{made} cases with {reports} reports are there."])


class _Demo:
    """One run; everything it does by chance comes from one source."""

    def __init__(self, chance: Random, *, made: Callable[[int], None]) -> None:
        self.chance = chance
        self.made = made
        self.subjects: list[str] = []
        # Nothing is done to a case that is not of this run: it may be about a person.
        self.cases: set[int] = set()
        self.reporters = [self._tag() for _ in range(_REPORTERS)]

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
                self._case(now - _NEWEST - _SPAN * max(0.0, left) ** 2, moderators)
                self.made(made)
            self.made(cases)
            self._rules(now, moderators[0])
            if settings.EVIDENCE_KEYS:
                self._notices(now, cases // 10, moderators)
            self._opinions(now, moderators)
            self._request(moderators[-1])
        # Whoever is taken for a moderator here can do nothing any more; but what somebody who is
        # not active asked for nobody could answer.
        people = User.objects.filter(pk__in=[each.pk for each in moderators])
        people.exclude(requests__outcome="").update(is_active=False)
        return Case.objects.count() - before

    def _case(self, moment: datetime, moderators: list[User]) -> None:
        reason = self.chance.choices(list(_OFTEN), list(_OFTEN.values()))[0]
        subject = self._subject()
        case_id = self._report(moment, subject, reason)
        while self.chance.random() < _ONE_MORE:
            same = [each for each in _OFTEN if LANE_OF[each] == LANE_OF[reason]]
            moment += timedelta(minutes=self.chance.randint(1, 30))
            self._report(min(moment, timezone.now()), subject, self.chance.choice(same))
        urgent = LANE_OF[reason] in URGENT_LANES
        wait = timedelta(minutes=2 + _LOOKED_WITHIN[urgent] * self.chance.random() ** 3)
        now, roll = timezone.now(), self.chance.random()
        if roll < _DECIDED[now - moment < _RECENT] and moment + wait < now:
            self._decide(moment + wait, case_id, moderators)
        elif roll > 1 - _CLAIMED:
            with suppress(NotPossible):  # they have looked at enough, when it runs again
                case_claim(case_id, moderator=self.chance.choice(moderators))

    def _subject(self) -> str:
        """Give somebody new, or somebody who was reported before."""
        if self.subjects and self.chance.random() < _KNOWN:
            return self.chance.choice(self.subjects)
        self.subjects.append(self._tag())
        return self.subjects[-1]

    def _reporter(self, stranger: str) -> str:
        """Give a stranger, or somebody who reports often."""
        often = self.chance.random() < _OFTEN_REPORTED
        return self.chance.choice(self.reporters) if often else stranger

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
            reporter="" if is_automatic else self._reporter(people[str(room.reporter)].tag),
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
        self.cases.add(report.case_id)
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

    def _decide(self, moment: datetime, case_id: int, moderators: list[User]) -> None:
        moderator = self.chance.choice(moderators)
        with _at(moment):
            try:
                case = case_claim(case_id, moderator=moderator)
            except NotPossible:
                return  # an earlier roll of the dice has it claimed
        # Less than a claim holds.
        moment = min(moment + timedelta(minutes=self.chance.randint(1, 15)), timezone.now())
        with _at(moment):
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
        if not upheld:
            return
        if measure == "permanent":
            moment, decision = self._approve(moment, decision, moderators)
        if self.chance.random() < _LIFTED:
            with _at(moment):
                decision_lift(
                    decision, moderator=self.chance.choice(moderators), why="It was another seat."
                )
        elif self.chance.random() < _APPEALED:
            took = (decision.by, decision.approved_by)
            self._appeal(moment, decision, [each for each in moderators if each not in took])

    def _approve(
        self, moment: datetime, day: Decision, moderators: list[User]
    ) -> tuple[datetime, Decision]:
        """Have a colleague approve a permanent ban, unless it is of today; give when, and what."""
        began = moment
        moment += timedelta(minutes=self.chance.randint(5, 600))
        if moment > timezone.now():
            return began, day
        other = self.chance.choice([each for each in moderators if each != day.by])
        with _at(moment):
            request_approve(Request.objects.get(case=day.case, outcome="").pk, by=other)
        return moment, day.case.decisions.get(measure="permanent", lifting=None)

    def _appeal(self, moment: datetime, decision: Decision, others: list[User]) -> None:
        """Have the person appeal; who did so some days ago has an answer."""
        moment += timedelta(minutes=self.chance.randint(5, 600))
        with _at(min(moment, timezone.now())):
            appeal = appeal_make(decision, text=demo_appeal(self.chance))
        if timezone.now() - moment < _RECENT:
            return
        other, granted = self.chance.choice(others), self.chance.random() < _GRANTED
        with _at(moment + timedelta(minutes=self.chance.randint(30, 1500))):
            appeal_decide(
                appeal.pk,
                moderator=other,
                version=appeal_claim(appeal.pk, moderator=other).version,
                outcome="granted" if granted else "refused",
                why=demo_answer(self.chance, granted=granted),
            )

    def _opinions(self, now: datetime, moderators: list[User]) -> None:
        """Ask about some of what was decided, and have most of it answered."""
        for days in range(0, _SPAN.days, SECOND_OPINION_DAYS):
            with _at(now - timedelta(days=days)):
                opinions_ask()
        asked = SecondOpinion.objects.filter(by=None, decision__case__in=self.cases)
        for opinion in asked.select_related("decision__case"):
            if self.chance.random() > _ANSWERED:
                continue
            decision, lane = opinion.decision, opinion.decision.case.lane
            agrees = self.chance.random() < _AGREED
            measure = decision.measure if agrees else self.chance.choice(("dismiss", "warn", "day"))
            other = self.chance.choice([each for each in moderators if each != decision.by])
            with _at(min(opinion.asked_at + timedelta(hours=1), now)), suppress(NotPossible):
                opinion_give(
                    opinion.pk,
                    moderator=other,
                    measure=cast("Measure", measure),
                    rule=decision.rule or rules_for(cast("Lane", lane))[0],
                )

    def _notices(self, now: datetime, count: int, moderators: list[User]) -> None:
        """Have some from outside, about reports that are there; of the last days some wait."""
        for _ in range(count):
            moment = now - _SPAN * self.chance.random() ** 3
            kind, draft = demo_notice(self.chance)
            mine = Report.objects.filter(case__in=self.cases)
            there = list(mine.filter(created_at__lte=moment).order_by("pk"))
            if there and self.chance.random() < _NAMED:
                draft = replace(draft, named=self.chance.choice(there).reference)
            with _at(moment):
                notice = notice_make(kind, draft)
            moment += timedelta(hours=self.chance.randint(1, 46))
            if moment > now:
                continue
            moderator = self.chance.choice(moderators)
            with _at(moment):
                notice_decide(
                    notice.pk,
                    moderator=moderator,
                    version=notice_claim(notice.pk, moderator=moderator).version,
                    outcome=self.chance.choice(_OUTCOMES) if notice.report else "no_action",
                    why=_NOTICE_WHY,
                )
        notices_watch()

    def _request(self, moderator: User) -> None:
        """Have a permanent ban asked for, in the most urgent open case, that waits for another."""
        mine = Case.objects.filter(pk__in=self.cases)
        case = mine.filter(status="open").order_by("-score", "pk").first()
        if case is None:
            return
        rule = rules_for(cast("Lane", case.lane))[0]
        with suppress(NotPossible):  # they have looked at enough
            case_decide(
                case.pk,
                moderator=moderator,
                version=case_claim(case.pk, moderator=moderator).version,
                measure="permanent",
                rule=rule,
                facts=PRESETS.get(rule, (RULES[rule].title,))[0],
            )

    def _rules(self, now: datetime, moderator: User) -> None:
        """Have some rules observe, and those that act met now and then."""
        for text, days in _OBSERVED.items():
            if not FilterRule.objects.filter(text=text).exists():
                with _at(now - timedelta(days=days)):
                    rule = FilterRule(text=text)
                    rule_save(rule, actor=moderator.get_username(), changed=())
                FilterRule.objects.filter(pk=rule.pk).update(hits=self.chance.randint(0, 40))
        acting = list(FilterRule.objects.filter(state=FilterRule.State.ACT).order_by("pk"))
        for rule in self.chance.sample(acting, k=min(40, len(acting))):
            met = int(400 * self.chance.random() ** 4)
            FilterRule.objects.filter(pk=rule.pk).update(hits=F("hits") + met)


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """Have the services believe that it is then."""
    with mock.patch.object(timezone, "now", return_value=moment):
        yield


def _moderators() -> list[User]:
    people = []
    for name in _MODERATORS:
        user, _ = User.objects.get_or_create(username=name)
        user.is_active = True
        user.set_unusable_password()
        user.save()
        if rank_of(user) != "senior":
            rank_set(user, "senior")
        people.append(user)
    return people
