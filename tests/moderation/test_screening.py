"""Looking over talks: one bad room, many rooms, the same person in several, a database away."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from msgspec.structs import replace
from pytest_django import Settings

from chat import tasks
from moderation.drafts import Talk
from moderation.filters.talk import text_fingerprint
from moderation.models import Case, Decision, Evidence, FilterRule, Report
from moderation.services import reports
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import evidence_digest, reports_sweep
from moderation.services.screening import talk_screen
from omegle.lib.redis import sync_client
from tests.moderation.drafts import line, talk
from tests.moderation.factories import moderator
from tests.moderation.factories import rule as made_rule

pytestmark = pytest.mark.django_db

ADVERT = "come and see the page that I have made for my great collection of wooden ducks"


@pytest.fixture(autouse=True)
def _own_run_dir(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


def flood(*more: str) -> Talk:
    """Bob says the same too often, and then something else."""
    return talk(*(line(2, "buy my things") for _ in range(6)), *(line(2, text) for text in more))


# --- The job --------------------------------------------------------------------------------------


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Rooms that wait to be looked over."""
    waiting = {"one", "two", "three"}
    monkeypatch.setattr("chat.store.rooms_to_screen", lambda *_: sorted(waiting))
    monkeypatch.setattr("chat.store.room_screened", lambda _, room: waiting.discard(room))
    monkeypatch.setattr("chat.store.talk_card", lambda _, room: room)
    monkeypatch.setattr(tasks, "talk_of", lambda card: card)
    return waiting


def screened_by(monkeypatch: pytest.MonkeyPatch, screen: Callable[[str], object]) -> list[str]:
    seen: list[str] = []

    def note(room: Any) -> None:
        seen.append(room)
        screen(room)

    monkeypatch.setattr(tasks, "talk_screen", note)
    return seen


def test_bad_room_is_given_up_and_the_others_are_looked_over(
    rooms: set[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(room: str) -> None:
        if room == "three":
            raise KeyError("a secret of the talk")

    seen = screened_by(monkeypatch, fail)
    tasks.rooms_screen()
    assert seen == ["one", "three", "two"]
    assert rooms == set()
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text


def test_room_waits_while_the_database_is_away(
    rooms: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(room: str) -> None:
        raise OperationalError

    screened_by(monkeypatch, away)
    tasks.rooms_screen()
    assert rooms == {"one", "two", "three"}


def test_run_ends_when_its_time_is_over(rooms: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]

    def slowly(room: str) -> None:
        now[0] += 2

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    screened_by(monkeypatch, slowly)
    tasks.rooms_screen()
    assert rooms == {"two"}


# --- What is found --------------------------------------------------------------------------------


def test_same_text_to_many_rooms_is_spam_at_one_round_trip_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [line(2, ADVERT), line(2, f"once more, as you have missed it: {ADVERT}")]
    redis = sync_client()

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError(args)

    monkeypatch.setattr(redis, "execute_command", refuse)
    for _ in range(4):
        assert talk_screen(talk(*texts)) == 0
    assert talk_screen(talk(*texts)) == 1
    assert Report.objects.get().reason == "spam"


def test_fingerprints_are_keyed() -> None:
    talk_screen(talk(line(2, ADVERT)))
    [key] = sync_client().keys("said:*")
    plain = text_fingerprint(ADVERT, b"")
    assert plain is not None
    assert plain not in key


def test_one_report_a_day_for_each_subject_and_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: noon)
    talk_screen(flood())
    reports_sweep()
    held = case_claim(Case.objects.get().pk, moderator=moderator())
    for _ in range(3):
        talk_screen(flood())
    reports_sweep()
    held.refresh_from_db()
    assert Report.objects.count() == 1
    assert held.version == 3, "reported and claimed: whoever holds it may decide"
    monkeypatch.setattr("django.utils.timezone.now", lambda: noon + timedelta(hours=12))
    talk_screen(flood())
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "count"),
    [({}, 1), ({"enabled": False}, 0), ({"state": "observe"}, 0), ({"action": "mask"}, 0)],
)
def test_rule_that_asks_for_a_review_must_still_do_so(fields: dict[str, Any], count: int) -> None:
    fields = {"action": FilterRule.Action.REPORT, "state": "act", "reason": "hate"} | fields
    rule = made_rule(**fields)
    said = line(2, "numpty", verdict="hold", shown=None, rules=(rule.pk,), reported=True)
    assert talk_screen(talk(said)) == count
    assert talk_screen(talk(line(2, "numpty", verdict="hold", rules=(rule.pk,)))) == 0


# --- Evidence -------------------------------------------------------------------------------------


def later(told: Talk, *texts: str) -> Talk:
    return replace(told, lines=[*told.lines, *(line(2, text) for text in texts)])


def test_evidence_has_what_came_after_the_first_signal() -> None:
    told = flood()
    talk_screen(told)
    reports_sweep()
    talk_screen(later(told, "and something worse"))
    evidence = Evidence.objects.get()
    assert [said["text"] for said in evidence.transcript][-1] == "and something worse"
    assert evidence.digest == evidence_digest(evidence.seats, evidence.transcript)
    assert Case.objects.get().version == 2


def test_evidence_keeps_the_beginning_that_the_log_has_lost() -> None:
    told = later(flood("first words"), *["buy my things"] * 6)
    talk_screen(told)
    talk_screen(replace(told, lines=told.lines[7:]))
    assert "first words" in [said["text"] for said in Evidence.objects.get().transcript]


def test_evidence_that_was_decided_on_or_is_held_stays_as_it_is() -> None:
    told = flood()
    talk_screen(told)
    reports_sweep()
    before = Evidence.objects.get().digest
    Evidence.objects.update(on_hold=True)
    talk_screen(later(told, "more"))
    assert Evidence.objects.get().digest == before
    Evidence.objects.update(on_hold=False)
    mo = moderator()
    held = case_claim(Case.objects.get().pk, moderator=mo)
    case_decide(held.pk, moderator=mo, version=held.version, measure="dismiss")
    talk_screen(later(told, "more"))
    assert Evidence.objects.get().digest == before


def test_evidence_that_an_automatic_measure_rests_on_stays_as_it_is() -> None:
    told = flood()
    talk_screen(told)
    reports_sweep()
    evidence, case = Evidence.objects.get(), Case.objects.get()
    Decision.objects.create(
        reference="D-1",
        case=case,
        subject=case.subject,
        measure="cooldown",
        rule="spam",
        facts="x",
        why="x",
        source="automated",
        automated_decision=True,
        evidence=[evidence.digest],
        case_version=case.version,
        created_at=case.changed_at,
    )
    talk_screen(later(told, "more"))
    assert Evidence.objects.get().digest == evidence.digest


def test_report_of_our_own_waits_on_disk_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def away(draft: object) -> str:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(reports, "report_receive", away)
        assert talk_screen(flood()) == 1
    assert len(list((tmp_path / "spool").glob("*.sealed"))) == 1
    reports_sweep()
    assert Report.objects.get().source == "automatic"
