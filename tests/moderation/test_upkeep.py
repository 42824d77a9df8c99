"""What time alone brings about: what is deleted, when, and what a legal hold keeps."""

import os
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from moderation import spool
from moderation.models import Case, Evidence, Report, Sanction
from moderation.policy import Measure
from moderation.selectors.bans import visitor_bans
from moderation.services import upkeep
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide, sanctions_expire
from moderation.services.reports import report_receive, reports_sweep
from moderation.services.upkeep import records_purge
from moderation.tags import AddressTag, address_tags, visitor_tag
from omegle.lib.network import parse_address
from tests.moderation.drafts import draft
from tests.moderation.factories import approved, moderator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_run_dir(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


class Calendar:
    """Lets days pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._now = timezone.now()
        monkeypatch.setattr("django.utils.timezone.now", lambda: self._now)

    def advance(self, **span: float) -> None:
        self._now += timedelta(**span)


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    return Calendar(monkeypatch)


def case_of(subject: str = "bob", **fields: Any) -> Case:
    given = draft(subject=subject, **fields)
    report_receive(given)
    reports_sweep()
    case = Report.objects.get(reference=given.reference).case
    assert case is not None
    return case


def decided(case: Case, measure: Measure = "day", by: User | None = None) -> None:
    by = by or moderator()
    held = case_claim(case.pk, moderator=by)
    case_decide(
        case.pk, moderator=by, version=held.version, measure=measure, rule="harassment", facts="x"
    )
    if measure == "permanent":
        approved(case)


def purged(**fields: Any) -> dict[str, int]:
    """Give what is not nothing; what moderators looked at is of test_exposure."""
    gone = records_purge(**fields)
    return {kind: count for kind, count in gone.items() if count and kind != "exposure"}


# --- Evidence, reports, cases ---------------------------------------------------------------------


def test_evidence_stays_until_30_days_after_the_decision(calendar: Calendar) -> None:
    case = case_of()
    calendar.advance(days=40)
    assert purged() == {}, "nobody has decided yet"
    decided(case)
    calendar.advance(days=29)
    assert purged() == {}
    calendar.advance(days=2)
    assert purged() == {"evidence": 1}
    assert Report.objects.exists()


def test_evidence_of_a_case_that_was_opened_again_stays(calendar: Calendar) -> None:
    decided(case_of())
    calendar.advance(days=20)
    case_of(reporter="carol")
    calendar.advance(days=20)
    assert purged() == {}


def test_reports_go_180_days_after_they_were_resolved(calendar: Calendar) -> None:
    decided(case_of(), "permanent")
    calendar.advance(days=181)
    assert purged() == {"evidence": 1, "report": 1, "request": 1}
    assert Case.objects.exists()


def test_old_cases_go_but_not_those_that_keep_somebody_out(calendar: Calendar) -> None:
    decided(case_of("bob"), "permanent")
    decided(case_of("eve"), "day")
    calendar.advance(days=366)
    sanctions_expire()
    records_purge()
    bob = visitor_tag("bob")
    assert Case.objects.get().subject == bob
    assert visitor_bans([bob])


def test_what_nobody_decides_goes_a_year_after_its_last_change(calendar: Calendar) -> None:
    case_of()
    calendar.advance(days=300)
    case_of(reporter="carol")
    calendar.advance(days=364)
    assert purged() == {}
    calendar.advance(days=2)
    assert purged() == {"evidence": 2, "report": 2, "case": 1}


def test_report_that_was_never_filed_goes_after_a_year(calendar: Calendar) -> None:
    report_receive(draft())
    calendar.advance(days=364)
    assert purged() == {}
    calendar.advance(days=2)
    assert purged() == {"evidence": 1, "report": 1}


# --- Legal hold -----------------------------------------------------------------------------------


def test_hold_keeps_evidence_with_its_report_and_case(calendar: Calendar) -> None:
    decided(case_of(), "warn")
    sanctions_expire()
    Evidence.objects.update(on_hold=True)
    calendar.advance(days=400)
    assert purged() == {}
    Evidence.objects.update(on_hold=False)
    assert purged() == {"evidence": 1, "report": 1, "case": 1, "decision": 1}


@pytest.mark.parametrize("days", [31, 181, 400])
def test_hold_that_is_set_while_the_purge_runs_is_seen(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    decided(case_of(), "warn")
    sanctions_expire()
    calendar.advance(days=days)
    find = upkeep._cases_concerned

    def find_and_hold(now: Any) -> list[int]:
        found = find(now)
        assert found
        Evidence.objects.update(on_hold=True)
        return found

    monkeypatch.setattr(upkeep, "_cases_concerned", find_and_hold)
    assert purged() == {}


# --- Addresses ------------------------------------------------------------------------------------


def address() -> AddressTag:
    parsed = parse_address("203.0.113.7")
    assert parsed is not None
    return address_tags(parsed)[0]


def test_address_is_forgotten_once_its_key_is_no_longer_live(calendar: Calendar) -> None:
    tag = address()
    given = draft(address=tag.tag)
    report_receive(given)
    Report.objects.update(subject_address_epoch=tag.epoch)
    reports_sweep()
    decided(Case.objects.get())
    sanctions_expire()
    left = (tag.key_ends - timezone.now()).total_seconds()
    assert left <= timedelta(days=60).total_seconds()
    calendar.advance(seconds=left - 60)
    assert "address" not in purged()
    calendar.advance(seconds=120)
    assert purged()["address"] == 2
    assert Report.objects.get().subject_address == ""
    assert Report.objects.get().subject_address_epoch is None
    assert Sanction.objects.get().target == "visitor"


def test_address_of_a_reporter_is_kept_for_a_day(calendar: Calendar) -> None:
    given = draft()
    at_home = replace(given.talk.people["1"], address="b" * 32, address_epoch=1)
    told = replace(given.talk, people=given.talk.people | {"1": at_home})
    report_receive(replace(given, talk=told))
    assert Report.objects.get().reporter_address == "b" * 32
    calendar.advance(hours=23)
    assert purged() == {}
    calendar.advance(hours=2)
    assert purged() == {"address": 1}
    assert Report.objects.get().reporter_address == ""


def test_address_of_a_report_on_hold_stays(calendar: Calendar) -> None:
    tag = address()
    report_receive(draft(address=tag.tag))
    Evidence.objects.update(on_hold=True)
    calendar.advance(days=61)
    assert purged() == {}
    assert Report.objects.get().subject_address == tag.tag


# --- The rest -------------------------------------------------------------------------------------


def test_half_written_drafts_go_after_a_day(tmp_path: Path) -> None:
    spool.spool_write(draft())
    left, new = (tmp_path / "spool" / f".{name}.part" for name in ("left", "new"))
    for path in (left, new):
        path.write_text("{")
    long_ago = time.time() - 90_000
    os.utime(left, (long_ago, long_ago))
    assert purged(dry_run=True) == purged() == {"spool": 1}
    assert not left.exists()
    assert new.exists()
    assert len(list((tmp_path / "spool").glob("*.sealed"))) == 1


def test_command_counts_and_deletes_only_when_it_is_meant(
    calendar: Calendar, capsys: pytest.CaptureFixture[str]
) -> None:
    decided(case_of())
    calendar.advance(days=31)
    call_command("purge", "--dry-run")
    told = capsys.readouterr().out
    assert "evidence         1\n" in told
    assert "Nothing was deleted." in told
    assert Evidence.objects.exists()
    call_command("purge")
    assert "evidence         1\n" in capsys.readouterr().out
    assert not Evidence.objects.exists()


def test_sessions_that_have_run_out_are_deleted() -> None:
    store = import_module(configured.SESSION_ENGINE).SessionStore
    for seconds in (-10, 1000):
        session = store()
        session.set_expiry(seconds)
        session.create()
    upkeep.sessions_clear()
    assert Session.objects.count() == 1


def test_every_job_that_is_planned_is_there() -> None:
    from omegle.celery import app

    app.loader.import_default_modules()
    assert {entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
