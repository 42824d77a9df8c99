"""Two people at once: one of them wins, the other is told."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from moderation.cases import NotPossible, Stale
from moderation.models import (
    Activity,
    Appeal,
    AuditEntry,
    Case,
    Decision,
    Evidence,
    Lifting,
    Notice,
    Report,
    Still,
)
from moderation.services.appeals import appeal_claim, appeal_decide, appeal_make
from moderation.services.cases import case_claim, evidence_hold
from moderation.services.decisions import case_decide, decision_lift, sanctions_expire
from moderation.services.notices import notice_claim, notice_decide, notices_watch
from moderation.services.reports import report_receive, reports_sweep
from moderation.services.stills import StillThere, still_attach
from moderation.services.upkeep import records_purge
from moderation.triggers import triggers_create, triggers_drop
from tests.moderation.drafts import draft, talk
from tests.moderation.factories import moderator, picture, report
from tests.moderation.notices import noticed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _stills(settings: Settings, tmp_path: Path) -> None:
    settings.FRAME_EVIDENCE, settings.EVIDENCE_KEYS = True, (Fernet.generate_key().decode(),)
    settings.RUN_DIR = tmp_path


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Make the calls at the same moment; give what each returned or raised."""
    gate = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = _patiently(calls[number])
        except (Stale, NotPossible, StillThere, Decision.DoesNotExist) as refused:
            results[number] = refused
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _patiently(call: Callable[[], object]) -> object:
    """Wait for one's turn where the database does not: SQLite in memory, which only tests use."""
    while True:
        try:
            return call()
        except OperationalError:
            if connection.vendor != "sqlite":
                raise
            time.sleep(0.01)


def kinds(results: list[object]) -> list[type]:
    return sorted((type(result) for result in results), key=lambda kind: kind.__name__)


def test_a_case_is_decided_once() -> None:
    mo = moderator()
    case = case_claim(report().pk, moderator=mo)

    def decide() -> Decision:
        return case_decide(case.pk, moderator=mo, version=case.version, measure="dismiss")

    assert kinds(at_once(decide, decide)) == [Decision, Stale]
    assert Decision.objects.count() == 1
    assert Activity.objects.filter(event="decide").count() == 1


def test_a_case_is_claimed_once() -> None:
    case = report()
    people = [moderator(), moderator()]

    def claim(person: User) -> Callable[[], Case]:
        return lambda: case_claim(case.pk, moderator=person)

    assert kinds(at_once(*map(claim, people))) == [Case, NotPossible]


def test_a_moderator_holds_one_case_whatever_they_click_at_once() -> None:
    mo = moderator()
    cases = [report() for _ in range(4)]

    def claim(case: Case) -> Callable[[], Case]:
        return lambda: case_claim(case.pk, moderator=mo)

    assert Case in kinds(at_once(*map(claim, cases)))
    assert Case.objects.filter(claimed_by=mo).count() == 1


def test_database_refuses_a_second_claim() -> None:
    mo = moderator()
    case_claim(report().pk, moderator=mo)
    other = Case.objects.filter(pk=report().pk)
    with pytest.raises(IntegrityError):
        other.update(status="claimed", claimed_by=mo, claimed_until=timezone.now())


def test_claims_that_cross_do_not_wait_for_each_other() -> None:
    mo = moderator()
    first, second = report(), report()
    for _ in range(5):
        case_claim(first.pk, moderator=mo)
        results = at_once(
            lambda: case_claim(second.pk, moderator=mo), lambda: case_claim(first.pk, moderator=mo)
        )
        assert set(kinds(results)) <= {Case, NotPossible}
        assert Case.objects.filter(claimed_by=mo).count() == 1


def with_still() -> Evidence:
    """Give the evidence of a decided case, due to be deleted, with its still."""
    told = replace(talk(), mode="video")
    reference = report_receive(draft(told=told))
    reports_sweep()
    evidence = Evidence.objects.get(report__reference=reference)
    still_attach(picture(), reference=reference, reporter=evidence.report.reporter)
    senior = moderator()
    case = case_claim(Case.objects.get().pk, moderator=senior)
    case_decide(
        case.pk, moderator=senior, version=case.version, measure="dismiss", rule="", facts=""
    )
    long_ago = timezone.now() - timedelta(days=100)
    Case.objects.update(decided_at=long_ago)
    Evidence.objects.update(purge_at=long_ago)
    return evidence


@pytest.mark.usefixtures("_stills")
def test_hold_and_purge_at_once_keep_the_still_or_delete_it_whole() -> None:
    evidence, legal = with_still(), moderator("legal")
    held, _ = at_once(
        lambda: evidence_hold(evidence, moderator=legal, why="asked for"),
        records_purge,
    )
    kept = isinstance(held, Evidence)
    assert kept or isinstance(held, NotPossible)
    assert Evidence.objects.filter(on_hold=True).exists() == kept
    assert Still.objects.exists() == kept


@pytest.mark.usefixtures("_stills")
def test_two_stills_of_one_report_at_once_are_one() -> None:
    reference = report_receive(draft(told=replace(talk(), mode="video")))
    whose = Report.objects.get().reporter
    results = at_once(
        *(
            partial(still_attach, picture(colour), reference=reference, reporter=whose)
            for colour in ("red", "blue", "green")
        )
    )
    assert sorted(type(result).__name__ for result in results) == [
        "Still",
        "StillThere",
        "StillThere",
    ]
    assert Still.objects.count() == 1


# --- Appeals --------------------------------------------------------------------------------------


def appealed() -> Appeal:
    mo = moderator()
    case = case_claim(report().pk, moderator=mo)
    decision = case_decide(
        case.pk, moderator=mo, version=case.version, measure="day", rule="harassment", facts="x"
    )
    return appeal_make(decision, text="It was a joke.")


def test_an_appeal_is_claimed_and_answered_by_one() -> None:
    appeal, people = appealed(), [moderator(), moderator()]
    claims = at_once(*(partial(appeal_claim, appeal.pk, moderator=person) for person in people))
    assert kinds(claims) == [Appeal, NotPossible]
    appeal.refresh_from_db()
    assert appeal.claimed_by is not None
    answer = partial(
        appeal_decide, appeal.pk, moderator=appeal.claimed_by, version=appeal.version, why="x"
    )
    answers = at_once(partial(answer, outcome="granted"), partial(answer, outcome="refused"))
    assert kinds(answers) == [Appeal, Stale]
    appeal.refresh_from_db()
    assert Lifting.objects.exists() == (appeal.outcome == "granted")


def test_an_appeal_sent_twice_at_once_is_one() -> None:
    decision = appealed().decision
    Appeal.objects.all().delete()
    sent = at_once(
        *(partial(appeal_make, decision, text=text) for text in ("same", "same", "other"))
    )
    assert Appeal.objects.count() == 1
    assert Appeal in kinds(sent)


def test_answer_and_lifting_at_once_leave_one_of_them() -> None:
    appeal, person = appealed(), moderator()
    held = appeal_claim(appeal.pk, moderator=person)
    at_once(
        partial(
            appeal_decide,
            appeal.pk,
            moderator=person,
            version=held.version,
            outcome="granted",
            why="x",
        ),
        partial(decision_lift, appeal.decision, moderator=moderator(), why="A mistake."),
    )
    appeal.refresh_from_db()
    assert Lifting.objects.count() == 1
    assert (appeal.outcome == "granted") == (appeal.decided_by == person)
    assert appeal.outcome in {"granted", "overtaken"}


def test_appeal_and_purge_at_once_keep_the_case_or_delete_it_whole() -> None:
    appeal = appealed()
    decision = appeal.decision
    Appeal.objects.all().delete()
    sanctions_expire()
    Case.objects.update(changed_at=timezone.now() - timedelta(days=400))
    with connection.cursor() as cursor:
        triggers_drop(connection)
        cursor.execute("UPDATE moderation_sanction SET until = starts_at")
        triggers_create(connection)
    made, _ = at_once(partial(appeal_make, decision, text="It was a joke."), records_purge)
    kept = isinstance(made, Appeal)
    assert Case.objects.exists() == Appeal.objects.exists() == kept


# --- Notices --------------------------------------------------------------------------------------


def claimed_notice(*, named: str = "") -> tuple[Notice, User]:
    senior = moderator()
    notice = noticed(age=timedelta(hours=49), named=named)
    return notice_claim(notice.pk, moderator=senior), senior


@pytest.mark.usefixtures("_stills")
def test_a_notice_is_claimed_and_decided_by_one() -> None:
    notice, people = noticed(), [moderator(), moderator()]
    claims = at_once(*(partial(notice_claim, notice.pk, moderator=person) for person in people))
    assert kinds(claims) == [NotPossible, Notice]
    notice.refresh_from_db()
    assert notice.claimed_by is not None
    decide = partial(
        notice_decide,
        notice.pk,
        moderator=notice.claimed_by,
        version=notice.version,
        outcome="no_action",
        why="x",
    )
    assert kinds(at_once(decide, decide)) == [Notice, Stale]


@pytest.mark.usefixtures("_stills")
def test_a_notice_is_overdue_once_or_decided() -> None:
    notice, senior = claimed_notice()
    decide = partial(
        notice_decide,
        notice.pk,
        moderator=senior,
        version=notice.version,
        outcome="no_action",
        why="x",
    )
    results = at_once(decide, notices_watch, notices_watch)
    assert isinstance(results[0], Notice)
    notice.refresh_from_db()
    assert notice.outcome == "no_action"
    marks = AuditEntry.objects.filter(actor="automatic", target=str(notice))
    told = list(marks.values_list("action", flat=True))
    assert len(told) == len(set(told))
    assert ("overdue" in told) == (notice.overdue_at is not None)


@pytest.mark.usefixtures("_stills")
def test_hold_and_removal_at_once_keep_the_evidence_or_delete_it_whole() -> None:
    evidence, legal = with_still(), moderator("legal")
    notice, senior = claimed_notice(named=evidence.report.reference)
    held, removed = at_once(
        lambda: evidence_hold(evidence, moderator=legal, why="asked for"),
        partial(
            notice_decide,
            notice.pk,
            moderator=senior,
            version=notice.version,
            outcome="removed",
            why="x",
        ),
    )
    assert isinstance(removed, Notice)
    kept = isinstance(held, Evidence)
    assert kept or isinstance(held, NotPossible)
    assert Still.objects.exists() == kept
    assert Evidence.objects.filter(on_hold=True).exists() == kept


@pytest.mark.usefixtures("_stills")
def test_a_notice_is_decided_also_while_the_purge_takes_what_it_names() -> None:
    case = report()
    named = Report.objects.get()
    notice, senior = claimed_notice(named=named.reference)
    long_ago = timezone.now() - timedelta(days=181)
    Report.objects.update(outcome="dismissed", resolved_at=long_ago)
    Case.objects.filter(pk=case.pk).update(status="decided", decided_at=long_ago)
    decide = partial(
        notice_decide,
        notice.pk,
        moderator=senior,
        version=notice.version,
        outcome="no_action",
        why="Nothing of it is here.",
    )
    assert Notice in kinds(at_once(decide, records_purge))
    # What was being decided at that moment is left for the next time.
    records_purge()
    notice.refresh_from_db()
    assert (notice.outcome, Report.objects.exists()) == ("no_action", False)
