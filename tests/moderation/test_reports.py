"""Reports: taken in once, filed once, whatever dies in between."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from moderation import policy, spool
from moderation.drafts import ReportDraft
from moderation.models import Activity, Case, Decision, Evidence, Report, Sanction
from moderation.services import reports
from moderation.services.reports import (
    evidence_digest,
    report_file,
    report_receive,
    report_take,
    reports_sweep,
)
from tests.moderation.drafts import draft, line, talk

pytestmark = pytest.mark.django_db


def filed(given: ReportDraft) -> Report:
    report_receive(given)
    report = Report.objects.get(reference=given.reference)
    report_file(report.pk)
    report.refresh_from_db()
    return report


def test_report_is_kept_with_its_evidence() -> None:
    told = talk(line(1, "Hello"), line(2, "f*ck", shown="****", verdict="mask"))
    report_receive(draft(told=told, note="rude"))
    evidence = Evidence.objects.get()
    assert [said["text"] for said in evidence.transcript] == ["Hello", "f*ck"]
    assert evidence.transcript[1]["shown"] == "****"
    assert evidence.digest == evidence_digest(evidence.seats, evidence.transcript)
    assert evidence.purge_at - timezone.now() > timedelta(days=29)
    assert evidence.report.note == "rude"


def test_same_report_again_gives_the_first_receipt() -> None:
    told = talk()
    first = report_receive(draft(told=told))
    assert report_receive(draft(told=told, reason="spam")) == first
    assert Report.objects.count() == Evidence.objects.count() == 1


def test_both_sides_may_report_the_same_room() -> None:
    told = talk()
    report_receive(draft(told=told))
    report_receive(replace(draft(told=told, reporter="bob"), subject_seat=1))
    assert Report.objects.count() == 2


def test_report_is_filed_into_the_case_of_its_lane() -> None:
    report = filed(draft(reason="hate"))
    assert report.case is not None
    assert report.case.lane == "harassment"
    assert report.case.subject == report.subject
    assert report.case.score == sum(points for _, points in report.case.score_parts) > 0


@pytest.mark.parametrize(("reason", "lane"), policy.LANE_OF.items())
def test_every_reason_has_its_lane(reason: policy.Reason, lane: str) -> None:
    case = filed(draft(reason=reason)).case
    assert case is not None
    assert case.lane == lane


def test_filing_twice_changes_nothing() -> None:
    report = filed(draft())
    before = (Activity.objects.count(), Case.objects.get().version)
    report_file(report.pk)
    assert (Activity.objects.count(), Case.objects.get().version) == before


def test_reports_of_one_subject_and_lane_share_a_case() -> None:
    for reporter in ("alice", "carol"):
        filed(draft(reporter=reporter))
    filed(draft(reason="spam"))
    assert sorted(Case.objects.values_list("lane", flat=True)) == ["harassment", "spam"]


def test_more_reporters_raise_the_score() -> None:
    first = filed(draft(reporter="alice")).case
    second = filed(draft(reporter="carol")).case
    assert first is not None
    assert second is not None
    assert second.score > first.score


def test_urgent_lane_outranks_any_number_of_others() -> None:
    for number in range(8):
        filed(draft(reporter=f"r{number}", reason="spam"))
    urgent = filed(draft(subject="eve", reason="minor")).case
    assert urgent is not None
    assert urgent.score > Case.objects.get(lane="spam").score


def test_third_stranger_within_a_day_brings_a_short_automatic_ban() -> None:
    for reporter in ("alice", "carol"):
        filed(draft(reporter=reporter, address="a" * 32))
    assert not Decision.objects.exists()
    filed(draft(reporter="dave", address="a" * 32))
    decision = Decision.objects.get()
    assert decision.automated_decision
    assert not decision.automated_detection, "people noticed it"
    assert decision.facts
    assert decision.why
    seconds = Sanction.objects.filter(target="visitor").values_list("seconds", flat=True).get()
    assert seconds is not None
    assert seconds <= policy.AUTOMATIC_LONGEST.total_seconds()
    assert Case.objects.get().status == "open", "a person still looks at it"


def test_three_browsers_behind_one_address_count_once() -> None:
    for reporter in ("alice", "carol", "dave", "erin"):
        told = talk(reporter=reporter)
        at_home = replace(told.people["1"], address="b" * 32, address_epoch=1)
        filed(draft(reporter=reporter, told=replace(told, people=told.people | {"1": at_home})))
    assert not Decision.objects.exists()


@pytest.mark.parametrize("reason", ["self_harm", "minor", "other", "illegal", "violence"])
def test_what_needs_a_person_is_not_decided_by_counting(reason: policy.Reason) -> None:
    for reporter in ("alice", "carol", "dave", "erin"):
        filed(draft(reporter=reporter, reason=reason))
    assert not Decision.objects.exists()


def test_automation_acts_again_only_on_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    for reporter in ("alice", "carol", "dave"):
        filed(draft(reporter=reporter))
    assert Decision.objects.count() == 1
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    for reporter in ("alice", "frank"):
        filed(draft(reporter=reporter))
    assert Decision.objects.count() == 1
    filed(draft(reporter="grace"))
    assert Decision.objects.count() == 2


def test_one_stranger_reporting_often_is_one() -> None:
    for _ in range(5):
        filed(draft(reporter="alice"))
    assert not Decision.objects.exists()


def test_reporter_who_is_often_wrong_loses_weight_but_not_all() -> None:
    for number in range(6):
        report = filed(draft(reporter="liar", subject=f"s{number}"))
        Report.objects.filter(pk=report.pk).update(outcome="dismissed", resolved_at=timezone.now())
    wrong = filed(draft(reporter="liar", subject="last"))
    new = filed(draft(reporter="new", subject="last"))
    assert 0.2 <= wrong.weight < 0.6 < new.weight == 1.0


def test_new_report_opens_a_decided_case_again() -> None:
    case = filed(draft()).case
    assert case is not None
    Case.objects.filter(pk=case.pk).update(status="decided")
    again = filed(draft(reporter="carol")).case
    assert again is not None
    assert (again.pk, again.status) == (case.pk, "open")


# --- The database away ----------------------------------------------------------------------------


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the database refuse new reports until the patch is undone."""

    def refuse(_: ReportDraft) -> str:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(reports, "report_receive", refuse)
    return monkeypatch


@pytest.fixture(autouse=True)
def _own_run_dir(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


def test_report_waits_on_disk_and_is_stored_once(away: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = draft()
    assert report_take(given) == given.reference
    waiting = tmp_path / "spool" / f"{given.reference}.sealed"
    assert [path for path, _ in spool.spool_read()] == [waiting]
    assert waiting.stat().st_mode & 0o077 == 0
    assert reports_sweep() == 0, "still away"
    away.undo()
    reports_sweep()
    assert not waiting.exists()
    assert Report.objects.get().filed_at is not None
    spool.spool_write(given)  # a worker that died after its commit, before the file was gone
    reports_sweep()
    assert Report.objects.count() == 1
    assert not waiting.exists()


def test_after_one_wait_the_next_reports_go_to_the_disk_at_once(
    away: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report_take(draft())
    away.undo()
    away.setattr(reports, "_away_until", time.monotonic() + 5)
    report_take(draft(reporter="carol"))
    assert not Report.objects.exists()
    assert len(list((tmp_path / "spool").iterdir())) == 2


def test_unreadable_file_is_left_and_holds_up_nothing(tmp_path: Path) -> None:
    spool.spool_write(draft())
    (tmp_path / "spool" / "0-broken.sealed").write_text("{")
    reports_sweep()
    assert Report.objects.count() == 1
    assert (tmp_path / "spool" / "0-broken.sealed").exists()


def test_lost_job_is_found_by_the_sweep() -> None:
    report_receive(draft())
    assert reports_sweep() == 1
    assert Report.objects.get().filed_at is not None
    assert reports_sweep() == 0


# --- One that fails -------------------------------------------------------------------------------


def test_report_that_cannot_be_filed_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for subject in ("bob", "eve"):
        report_receive(draft(subject=subject))
    poison = Report.objects.order_by("created_at").first()
    assert poison is not None

    def file(report_id: int) -> None:
        if report_id == poison.pk:
            raise ValueError("words of a stranger")
        report_file(report_id)

    monkeypatch.setattr(reports, "report_file", file)
    assert reports_sweep() == 1
    assert [report.pk for report in Report.objects.filter(filed_at=None)] == [poison.pk]
    assert "ValueError" in caplog.text
    assert "words" not in caplog.text


def test_spooled_report_that_is_not_taken_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    poison, good = replace(draft(), reference="R-0"), replace(draft(), reference="R-1")
    for each in (poison, good):
        spool.spool_write(each)

    def receive(given: ReportDraft) -> str:
        if given.reference == "R-0":
            raise ValueError
        return report_receive(given)

    monkeypatch.setattr(reports, "report_receive", receive)
    reports_sweep()
    assert Report.objects.get().reference == "R-1"
    assert [path.name for path in (tmp_path / "spool").iterdir()] == ["R-0.sealed"]


def test_sweep_takes_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "_PER_RUN", 2)
    for number in range(3):
        report_receive(draft(subject=f"s{number}"))
        spool.spool_write(draft(subject=f"t{number}"))
    assert reports_sweep() == 4
    assert Report.objects.filter(filed_at=None).count() == 3
    assert reports_sweep() == 3
