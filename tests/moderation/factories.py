# mypy: disable-error-code="no-untyped-call"
"""Records for tests, by way of the services where a case has a history."""

import secrets
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone
from factory.declarations import (
    LazyAttribute,
    LazyFunction,
    SelfAttribute,
    Sequence,
    SubFactory,
)
from factory.django import DjangoModelFactory
from PIL import Image, ImageDraw

from moderation.drafts import Line, Person, ReportDraft, Talk
from moderation.models import Case, Decision, FilterRule, Report, Request
from moderation.policy import LANE_OF, Reason
from moderation.policy.roles import Role
from moderation.receipts import reference_new
from moderation.rights import rights_changing
from moderation.services.approvals import request_approve
from moderation.services.reports import report_file, report_receive


class CaseFactory(DjangoModelFactory[Case]):
    """A bare case, for many at once; `report` makes one with reports."""

    class Meta:
        model = Case

    subject = LazyFunction(lambda: secrets.token_hex(16))
    lane = "harassment"
    score = 40
    score_parts = LazyAttribute(lambda case: [["lane", case.score]])
    opened_at = LazyFunction(lambda: timezone.now() - timedelta(minutes=12))
    changed_at = LazyFunction(timezone.now)


class ReportFactory(DjangoModelFactory[Report]):
    """A bare report under a case."""

    class Meta:
        model = Report

    reference = LazyFunction(lambda: reference_new("R"))
    room = LazyFunction(lambda: secrets.token_hex(8))
    reporter = LazyFunction(lambda: secrets.token_hex(16))
    case = SubFactory(CaseFactory)
    subject = SelfAttribute("case.subject")
    subject_seat = 1
    about = "seat"
    reason = "harassment"
    created_at = LazyFunction(timezone.now)
    filed_at = LazyFunction(timezone.now)


class RuleFactory(DjangoModelFactory[FilterRule]):
    class Meta:
        model = FilterRule

    text = Sequence(lambda number: f"numpty{'x' * number}")


def rule(**fields: Any) -> FilterRule:
    made: FilterRule = RuleFactory.create(**fields)
    return made


def bare_case(**fields: Any) -> Case:
    made: Case = CaseFactory.create(**fields)
    return made


def bare_report(**fields: Any) -> Report:
    made: Report = ReportFactory.create(**fields)
    return made


def line(text: str, *, seat: int = 1, seq: int = 1, **fields: Any) -> Line:
    shown = fields.pop("shown", text)
    return Line(
        seat=seat, seq=seq, at="2026-01-01T12:00:00+00:00", text=text, shown=shown, **fields
    )


def report(
    reason: Reason = "harassment",
    *lines: Line,
    subject: str = "",
    reporter: str = "",
    **fields: Any,
) -> Case:
    """File a report as chat's job would; give its case."""
    draft = ReportDraft(
        reference=reference_new("R"),
        reporter=reporter or secrets.token_hex(16),
        subject_seat=1,
        about="seat",
        reason=reason,
        note=fields.pop("note", ""),
        talk=Talk(
            room=secrets.token_hex(8),
            mode=fields.pop("mode", "text"),
            began_ms=1_700_000_000_000,
            people={
                "1": Person(name="Amber Otter", tag=subject or secrets.token_hex(16)),
                "2": Person(name="Quiet Heron", tag=secrets.token_hex(16)),
            },
            lines=list(lines) or [line("you numpty"), line("please stop", seat=2, seq=2)],
        ),
        **fields,
    )
    filed = Report.objects.get(reference=report_receive(draft))
    report_file(filed.pk)
    return Case.objects.get(subject=filed.subject, lane=LANE_OF[reason])


def moderator(role: Role = "senior", name: str = "") -> User:
    """Give somebody with a role who needs no session."""
    user = User.objects.create(username=name or f"{role}-{secrets.token_hex(3)}", is_staff=True)
    with rights_changing():
        user.groups.add(Group.objects.get(name=role))
    return user


def approved(case: Case) -> Decision:
    """Have another approve the permanent ban that waits in a case; give its decision."""
    request_approve(Request.objects.get(case=case, outcome="").pk, by=moderator())
    return case.decisions.get(measure="permanent")


def picture(colour: str = "red") -> bytes:
    """Give a JPEG, as a page would send it."""
    image = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(image).ellipse((60, 40, 200, 180), fill=colour)
    out = BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
