"""The cases of a demonstration."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.models import Appeal, Case, Decision, Evidence, Notice, Report, Request, Still
from moderation.sealing import unseal
from moderation.services.approvals import request_approve
from tests.moderation.factories import CaseFactory, ReportFactory, moderator

pytestmark = pytest.mark.django_db


def seed(**options: Any) -> str:
    out = StringIO()
    call_command("seed_demo", cases=30, stdout=out, **options)
    return out.getvalue()


def test_it_refuses_where_people_may_be() -> None:
    with pytest.raises(CommandError, match="--yes"):
        seed()
    assert not Case.objects.exists()


def test_development_needs_no_word(settings: LazySettings) -> None:
    settings.DEBUG = True
    assert seed().startswith("30 cases")


def test_cases_are_as_many_and_of_many_kinds() -> None:
    seed(yes=True)
    assert Case.objects.count() == 30
    assert Case.objects.values("lane").distinct().count() >= 4
    assert Decision.objects.exists()
    assert not Report.objects.filter(case=None).exists()
    verdicts = {line["verdict"] for each in Evidence.objects.all() for line in each.transcript}
    assert {"allow", "mask", "hold"} <= verdicts
    assert max(Case.objects.values_list("opened_at", flat=True)) < timezone.now()


def test_notices_from_outside_wait_and_are_decided(settings: LazySettings) -> None:
    settings.EVIDENCE_KEYS = (Fernet.generate_key().decode(),)
    seed(yes=True, seed=3)
    assert Case.objects.count() == 30
    assert Notice.objects.count() == 3
    assert Notice.objects.exclude(report=None).exists()
    assert Notice.objects.exclude(outcome="").exists()


def test_reports_of_video_have_made_up_stills_where_they_are_taken(settings: LazySettings) -> None:
    seed(yes=True)
    assert Evidence.objects.filter(mode="video").exists()
    assert not Still.objects.exists()
    settings.FRAME_EVIDENCE, settings.EVIDENCE_KEYS = True, (Fernet.generate_key().decode(),)
    seed(yes=True, seed=2)
    stills = Still.objects.select_related("evidence__report")
    assert {still.evidence.mode for still in stills} == {"video"}
    for still in stills:
        jpeg = unseal(still.sealed, "still", reference=still.evidence.report.reference)
        assert jpeg.startswith(b"\xff\xd8\xff")


def test_some_decisions_are_appealed_and_only_the_last_ones_wait() -> None:
    call_command("seed_demo", cases=200, yes=True, stdout=StringIO())
    outcomes = set(Appeal.objects.values_list("outcome", flat=True))
    assert outcomes == {"", "granted", "refused"}
    first = Appeal.objects.filter(outcome="").earliest("created_at")
    assert timezone.now() - first.created_at < timedelta(days=3, minutes=1)


def test_some_rooms_have_one_who_asks() -> None:
    call_command("seed_demo", cases=120, yes=True, stdout=StringIO())
    assert Case.objects.count() == 120
    rooms = [each for each in Evidence.objects.select_related("report") if "0" in each.seats]
    assert {each.report.about for each in rooms} == {"seat", "question", "reader"}
    by_asker = [each for each in rooms if each.report.reporter_seat == 0]
    assert by_asker
    lines = [line for each in rooms for line in each.transcript]
    assert {line["kind"] for line in lines} == {"message", "question", "left"}
    asked = [line for line in lines if line["kind"] == "question" and line["verdict"] != "hold"]
    assert {line["shown"] is None for line in asked} == {True, False}
    for each in by_asker:
        kinds = [line["kind"] for line in each.transcript]
        assert "left" not in kinds[:-1], "what came after is not theirs"


def test_the_same_seed_makes_the_same() -> None:
    seed(yes=True, seed=7)
    first = list(Report.objects.order_by("pk").values_list("reference", "reason", "subject"))
    Case.objects.all().delete()
    seed(yes=True, seed=7)
    assert (
        list(Report.objects.order_by("pk").values_list("reference", "reason", "subject")) == first
    )


def test_its_moderators_cannot_sign_in() -> None:
    seed(yes=True)
    people = User.objects.filter(username__startswith="demo-")
    assert people.count() == 3
    assert not any(each.has_usable_password() for each in people)
    assert not TOTPDevice.objects.filter(user__in=people).exists()
    asked = set(Request.objects.filter(outcome="").values_list("by", flat=True))
    assert {each.pk for each in people if each.is_active} == asked


def test_permanent_ban_waits_for_another_to_approve() -> None:
    seed(yes=True)
    asked = Request.objects.filter(outcome="").latest("created_at")
    assert request_approve(asked.pk, by=moderator()).outcome == "approved"


def test_nothing_is_done_to_what_people_reported(settings: LazySettings) -> None:
    settings.EVIDENCE_KEYS = (Fernet.generate_key().decode(),)
    began = timezone.now() - timedelta(days=60)
    case: Case = CaseFactory.create(score=10_000)
    report: Report = ReportFactory.create(case=case, created_at=began)
    before = Case.objects.values().get(pk=case.pk)
    seed(yes=True)
    assert Case.objects.values().get(pk=case.pk) == before
    assert not Decision.objects.filter(case=case).exists()
    assert not Notice.objects.filter(report=report).exists()


def test_who_has_looked_at_enough_does_not_stop_it(settings: LazySettings) -> None:
    settings.EXPOSURE_BUDGET = 1
    assert seed(yes=True).startswith("30 cases")
    assert seed(yes=True, seed=2).startswith("30 cases")
