"""Two people at once: one of them wins, the other is told."""

import threading
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone

from moderation.cases import NotPossible, Stale
from moderation.models import Activity, Case, Decision
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from tests.moderation.factories import moderator, report

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Make the calls at the same moment; give what each returned or raised."""
    gate = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = _patiently(calls[number])
        except (Stale, NotPossible) as refused:
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
