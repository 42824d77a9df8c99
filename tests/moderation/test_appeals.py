"""Appeals: who may make one, who answers it, what follows, and what nobody can get around."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from moderation.audit import audit_verify
from moderation.cases import NotPossible, Stale
from moderation.models import Appeal, AuditEntry, Case, Decision, Evidence, Report
from moderation.policy import APPEAL_CHARS, APPEAL_WINDOW, CLAIM, Measure
from moderation.receipts import receipt_url, secret_token, statement_path
from moderation.selectors.appeals import appeal_queue
from moderation.selectors.bans import visitor_bans, visitor_warnings
from moderation.selectors.desk import case_actions
from moderation.selectors.reporters import reporter_record
from moderation.services.appeals import (
    BadAppeal,
    appeal_claim,
    appeal_decide,
    appeal_make,
    appeal_release,
)
from moderation.services.cases import case_claim
from moderation.services.decisions import SANCTIONS_BELL, case_decide, decision_lift
from moderation.services.upkeep import records_purge
from omegle.lib import bells
from omegle.lib.ratelimit import Rate
from omegle.lib.redis import sync_client
from tests.moderation.factories import approved, moderator, report

pytestmark = pytest.mark.django_db

TEXT = "It was a joke between friends."
WHY = "We read it again: it was a joke."


@pytest.fixture(autouse=True)
def _own_run_dir(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


@pytest.fixture
def senior() -> User:
    return moderator("senior", "sam")


@pytest.fixture
def other() -> User:
    return moderator("senior", "olga")


def decided(by: User, measure: Measure = "day", case: Case | None = None) -> Decision:
    held = case_claim((case or report()).pk, moderator=by)
    rule = {"rule": "harassment", "facts": "You insulted a stranger."}
    decision = case_decide(
        held.pk,
        moderator=by,
        version=held.version,
        measure=measure,
        **(rule if measure != "dismiss" else {}),
    )
    return approved(held) if measure == "permanent" else decision


def appealed(decision: Decision, text: str = TEXT) -> Appeal:
    return appeal_make(decision, text=text)


def answer(appeal: Appeal, by: User, outcome: Any = "granted", why: str = WHY) -> Appeal:
    held = appeal_claim(appeal.pk, moderator=by)
    return appeal_decide(appeal.pk, moderator=by, version=held.version, outcome=outcome, why=why)


def automatic() -> Decision:
    """Have three strangers bring about a cool-down."""
    case = report()
    for _ in range(2):
        report(subject=case.subject)
    return Decision.objects.get()


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    moment = timezone.now() + timedelta(**span)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def page(decision: Decision, **fields: str) -> Any:
    """Send an appeal as the page of the decision does; without fields look at the page."""
    path = statement_path(decision.reference)
    return Client().post(path, fields) if fields else Client().get(path)


def shown(decision: Decision) -> str:
    return str(page(decision).content.decode())


# --- The page behind the secret link --------------------------------------------------------------


@pytest.mark.parametrize("measure", ["warn", "video", "cooldown", "day", "week", "permanent"])
def test_every_restriction_and_warning_can_be_appealed(senior: User, measure: Measure) -> None:
    decision = decided(senior, measure)
    assert "Appeal this decision" in shown(decision)
    sent = page(decision, text=TEXT)
    assert (sent.status_code, sent["Location"]) == (
        303,
        f"{statement_path(decision.reference)}#appeal",
    )
    assert Appeal.objects.get().text == TEXT
    assert "It is received" in shown(decision)
    assert "Appeal this decision" not in shown(decision)


def test_automatic_decision_can_be_appealed_and_answered_by_anybody(senior: User) -> None:
    decision = automatic()
    appeal = appealed(decision)
    assert appeal.decision_by is None
    answer(appeal, senior)
    assert visitor_bans() == {}


def test_what_has_run_out_can_be_appealed(
    senior: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decided(senior, "cooldown")
    later(monkeypatch, days=2)
    answer(appealed(decision), other)
    again = report(subject=decision.subject)
    assert dict(case_actions(again, senior).rules)["harassment"] == "warn"


def test_dismissal_has_no_page_and_takes_no_appeal(senior: User) -> None:
    decision = decided(senior, "dismiss")
    assert page(decision).status_code == 404
    assert page(decision, text=TEXT).status_code == 404


def test_page_says_until_when_and_takes_nothing_after(
    senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decided(senior, "permanent")
    closing = decision.created_at + APPEAL_WINDOW
    assert f"{closing:%Y-%m-%dT%H:%M}" in shown(decision)
    later(monkeypatch, days=180, minutes=1)
    assert 'data-testid="appeal-closed"' in shown(decision)
    late = page(decision, text=TEXT)
    assert late.status_code == 409
    assert "The time for an appeal is over." in late.content.decode()
    assert not Appeal.objects.exists()


def test_one_appeal_for_each_decision_also_after_the_answer(senior: User, other: User) -> None:
    decision = decided(senior)
    appeal = appealed(decision)
    assert page(decision, text="Something else").status_code == 409
    answer(appeal, other, "refused", "The words are plain.")
    assert page(decision, text="Once more").status_code == 409
    assert Appeal.objects.get().text == TEXT


def test_sent_twice_it_is_one_and_no_fault(senior: User) -> None:
    decision = decided(senior)
    for _ in range(2):
        assert page(decision, text=f"  {TEXT}\r\nReally. ").status_code == 303
    assert Appeal.objects.get().text == f"{TEXT}\nReally."


def test_line_break_counts_once_and_what_is_too_long_is_kept_in_the_form(senior: User) -> None:
    decision = decided(senior)
    long = page(decision, text="x" * (APPEAL_CHARS + 1))
    assert long.status_code == 400
    assert "x" * (APPEAL_CHARS + 1) in long.content.decode()
    assert page(decision, text="\r\n".join(["y" * 499, "y" * 500])).status_code == 303


@pytest.mark.parametrize("text", [" ", "\r\n", "nul \0 in it"])
def test_text_that_says_nothing_or_cannot_be_kept_is_refused(senior: User, text: str) -> None:
    assert page(decided(senior), text=text).status_code == 400
    assert not Appeal.objects.exists()


def test_service_refuses_the_same(senior: User) -> None:
    for text in ("", "x" * (APPEAL_CHARS + 1)):
        with pytest.raises(BadAppeal):
            appealed(decided(senior), text)


def test_wrong_links_are_always_the_same_404(senior: User) -> None:
    decision, foreign = decided(senior), decided(senior)
    token = secret_token(decision.reference)
    pages = set()
    for reference, guess in (
        (decision.reference, "0" * 32),
        (decision.reference, token[:-1]),
        (decision.reference, secret_token(foreign.reference)),
        ("D-2222-2222", secret_token("D-2222-2222")),
        ("R-2222-2222", token),
    ):
        path = f"/decisions/{reference}/{guess}/"
        for sent in (Client().get(path), Client().post(path, {"text": TEXT})):
            assert sent.status_code == 404
            pages.add(sent.content)
    assert len(pages) == 1
    assert not Appeal.objects.exists()


def test_link_of_a_decision_that_is_gone_is_that_404_too(
    senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decided(senior, "warn")
    never = Client().get(f"/decisions/{decision.reference}/{'0' * 32}/").content
    Case.objects.all().delete()
    for sent in (page(decision), page(decision, text=TEXT)):
        assert (sent.status_code, sent.content) == (404, never)


def test_form_needs_its_token(senior: User) -> None:
    client = Client(enforce_csrf_checks=True)
    path = statement_path(decided(senior).reference)
    assert client.post(path, {"text": TEXT}).status_code == 403
    client.get(path)
    token = client.cookies["csrftoken"].value
    sent = client.post(path, {"text": TEXT, "csrfmiddlewaretoken": token})
    assert sent.status_code == 303


def test_too_many_are_refused_and_what_was_typed_is_kept(senior: User, settings: Settings) -> None:
    settings.LIMIT_APPEALS = Rate(1, 600)
    decision = decided(senior)
    page(decision, text=" ")
    sent = page(decision, text=TEXT)
    assert sent.status_code == 429
    assert TEXT in sent.content.decode()
    assert "a minute" not in sent.content.decode(), "it is ten"
    assert not Appeal.objects.exists()


def test_what_is_written_is_inert(senior: User) -> None:
    decision = decided(senior)
    page(decision, text="<script>alert(1)</script>{{ 7|add:7 }}")
    assert "<script>alert" not in shown(decision)
    assert "{{ 7|add:7 }}" in shown(decision)
    for each in ("<style", " style=", "<script>"):
        assert each not in shown(decision)


# --- Who answers ----------------------------------------------------------------------------------


def test_author_of_the_decision_cannot_answer(senior: User) -> None:
    appeal = appealed(decided(senior))
    with pytest.raises(NotPossible, match="You took this decision"):
        appeal_claim(appeal.pk, moderator=senior)
    with pytest.raises(NotPossible, match="You took this decision"):
        appeal_decide(appeal.pk, moderator=senior, version=1, outcome="granted", why=WHY)
    assert visitor_bans()


@pytest.mark.parametrize("role", ["triage", "legal"])
def test_roles_that_answer_nothing(senior: User, role: Any) -> None:
    appeal = appealed(decided(senior))
    with pytest.raises(NotPossible):
        appeal_claim(appeal.pk, moderator=moderator(role))
    assert not appeal_queue(moderator(role)).exists()


def test_nobody_takes_back_what_they_could_not_impose(senior: User) -> None:
    with pytest.raises(NotPossible, match="may not impose"):
        appeal_claim(appealed(decided(senior, "week")).pk, moderator=moderator("moderator"))


def test_lane_of_others_is_not_there(senior: User) -> None:
    case = report("minor")
    held = case_claim(case.pk, moderator=senior)
    decision = case_decide(
        case.pk, moderator=senior, version=held.version, measure="day", rule="minors", facts="x"
    )
    appeal = appealed(decision)
    assert not appeal_queue(moderator("moderator")).exists()
    with pytest.raises(NotPossible):
        appeal_claim(appeal.pk, moderator=moderator("moderator"))


def test_queue_is_in_the_order_they_came(senior: User, other: User) -> None:
    first, second = appealed(decided(senior, "permanent")), appealed(decided(senior, "warn"))
    assert list(appeal_queue(other)) == [first, second]
    answer(first, other)
    assert list(appeal_queue(other)) == [second]


def test_claim_is_a_lease(senior: User, other: User, monkeypatch: pytest.MonkeyPatch) -> None:
    third = moderator("admin")
    appeal = appealed(decided(senior))
    held = appeal_claim(appeal.pk, moderator=other)
    with pytest.raises(NotPossible, match="olga holds"):
        appeal_claim(appeal.pk, moderator=third)
    later(monkeypatch, seconds=CLAIM.total_seconds() + 1)
    appeal_claim(appeal.pk, moderator=third)
    with pytest.raises(Stale):
        appeal_decide(appeal.pk, moderator=other, version=held.version, outcome="refused", why=WHY)
    with pytest.raises(NotPossible):
        appeal_release(appeal.pk, moderator=other)
    appeal_release(appeal.pk, moderator=third)
    assert appeal_claim(appeal.pk, moderator=other).claimed_by == other


def test_answer_needs_the_claim_and_a_reason(senior: User, other: User) -> None:
    appeal = appealed(decided(senior))
    with pytest.raises(NotPossible, match="Claim"):
        appeal_decide(appeal.pk, moderator=other, version=1, outcome="refused", why=WHY)
    for why in (" ", "x" * 501):
        with pytest.raises(BadAppeal):
            answer(appeal, other, "refused", why)


def test_answer_is_given_once(senior: User, other: User) -> None:
    appeal = answer(appealed(decided(senior)), other, "refused")
    with pytest.raises(NotPossible):
        appeal_claim(appeal.pk, moderator=moderator("admin"))
    with pytest.raises(NotPossible):
        appeal_decide(
            appeal.pk, moderator=other, version=appeal.version, outcome="granted", why=WHY
        )


# --- What follows ---------------------------------------------------------------------------------


def test_refused_it_stands_and_the_person_reads_why(senior: User, other: User) -> None:
    decision = decided(senior)
    answer(appealed(decision), other, "refused", "The words are plain.")
    assert visitor_bans()
    assert "The decision stands" in shown(decision)
    assert "The words are plain." in shown(decision)


def test_granted_all_is_undone_at_once(senior: User, other: User) -> None:
    case = report(reporter="ab" * 16)
    decision = decided(senior, case=case)
    answer(appealed(decision), other)
    assert visitor_bans() == {}
    assert decision.lifting.by == other
    assert reporter_record("ab" * 16) == (0, 1)
    again = report(subject=case.subject)
    assert dict(case_actions(again, senior).rules)["harassment"] == "warn"
    assert "earlier sanctions" not in repr(again.score_parts)
    assert "It was granted" in shown(decision)
    assert "Taken back" in shown(decision)
    assert WHY in shown(decision)


def test_granting_rings_so_that_open_sockets_learn_it(
    senior: User, other: User, django_capture_on_commit_callbacks: Any
) -> None:
    appeal = appealed(decided(senior))
    with django_capture_on_commit_callbacks(execute=True):
        answer(appeal, other)
    assert sync_client().hget(bells.KEY, SANCTIONS_BELL) == "1"


def test_granted_warning_is_told_no_more(senior: User, other: User) -> None:
    answer(appealed(decided(senior, "warn")), other)
    assert visitor_warnings() == {}


def test_reporter_reads_that_it_was_taken_back(senior: User, other: User) -> None:
    decision = decided(senior)
    path = urlsplit(receipt_url(Report.objects.get().reference)).path
    assert "We acted on it" in Client().get(path).content.decode()
    answer(appealed(decision), other)
    assert "The decision was taken back" in Client().get(path).content.decode()


def test_reports_of_other_decisions_are_left_as_they_were(senior: User, other: User) -> None:
    case = report(reporter="ab" * 16)
    decision = decided(senior, "warn", case)
    decided(senior, "day", report(subject=case.subject, reporter="cd" * 16))
    answer(appealed(decision), other)
    assert reporter_record("ab" * 16) == (0, 1)
    assert reporter_record("cd" * 16) == (1, 0)
    assert visitor_bans(), "the other decision holds"


def test_decision_that_is_lifted_answers_its_appeal(senior: User, other: User) -> None:
    decision = decided(senior)
    appeal = appealed(decision)
    held = appeal_claim(appeal.pk, moderator=other)
    decision_lift(decision, moderator=senior, why="A mistake of mine.")
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.decided_by) == ("overtaken", None)
    assert not appeal_queue(other).exists()
    with pytest.raises(Stale):
        appeal_decide(appeal.pk, moderator=other, version=held.version, outcome="refused", why=WHY)
    assert "This decision was taken back" in shown(decision)


def test_persons_word_on_the_case_overtakes_the_appeal_against_the_automatic_one(
    senior: User,
) -> None:
    appeal = appealed(automatic())
    decided(senior, "dismiss", Case.objects.get())
    appeal.refresh_from_db()
    assert appeal.outcome == "overtaken"
    assert "This decision was taken back" in shown(appeal.decision)


def test_who_is_kept_out_anew_does_not_read_that_it_was_taken_back(senior: User) -> None:
    appeal = appealed(automatic())
    decided(senior, "week", Case.objects.get())
    told = shown(appeal.decision)
    assert "A moderator has decided anew" in told
    assert "aken back" not in told


def test_decision_that_was_lifted_takes_no_appeal(senior: User) -> None:
    decision = decided(senior)
    decision_lift(decision, moderator=senior, why="A mistake of mine.")
    assert "Appeal this decision" not in shown(decision)
    assert page(decision, text=TEXT).status_code == 409


def test_failure_on_the_way_undoes_all_of_it(
    senior: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeal = appealed(decided(senior))
    held = appeal_claim(appeal.pk, moderator=other)

    def fails(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("moderation.services.appeals.audit_append", fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        appeal_decide(appeal.pk, moderator=other, version=held.version, outcome="granted", why=WHY)
    appeal.refresh_from_db()
    assert appeal.outcome == ""
    assert visitor_bans()
    assert Report.objects.get().outcome == "upheld"


def test_all_of_it_is_in_the_audit_log_without_a_word_of_it(senior: User, other: User) -> None:
    answer(appealed(decided(senior)), other)
    entries = AuditEntry.objects.order_by("id").values_list("actor", "action")
    assert list(entries)[-3:] == [("visitor", "appeal"), ("olga", "claim"), ("olga", "grant")]
    for entry in AuditEntry.objects.all():
        assert TEXT not in repr(vars(entry))
        assert WHY not in repr(vars(entry))
    assert audit_verify() == []


# --- The database's own word ----------------------------------------------------------------------


def test_database_refuses_the_author_whoever_writes_it(senior: User, other: User) -> None:
    appeal = appealed(decided(senior))
    given = {"outcome": "refused", "why": WHY, "decided_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.filter(pk=appeal.pk).update(decided_by=senior, **given)
    for author in (None, other):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            Appeal.objects.filter(pk=appeal.pk).update(
                decided_by=senior, decision_by=author, **given
            )


@pytest.mark.parametrize("author", [None, "other"])
def test_database_refuses_an_appeal_that_names_another_author(
    senior: User, other: User, author: str | None
) -> None:
    decision = decided(senior)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Appeal.objects.create(
            decision=decision,
            decision_by=other if author else None,
            text=TEXT,
            created_at=timezone.now(),
        )


def test_database_takes_one_appeal_for_each_decision(senior: User) -> None:
    decision = decided(senior)
    appealed(decision)
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.create(
            decision=decision, decision_by=senior, text="Again", created_at=timezone.now()
        )


@pytest.mark.parametrize(
    "change",
    ["text = 'other'", "outcome = 'refused'", "why = 'other'", "created_at = CURRENT_TIMESTAMP"],
)
def test_what_was_said_and_answered_stays(senior: User, other: User, change: str) -> None:
    answer(appealed(decided(senior)), other)
    with (
        pytest.raises((IntegrityError, InternalError), match="appeal"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE moderation_appeal SET {change}")


# --- How long it is kept --------------------------------------------------------------------------


def test_waiting_appeal_keeps_what_it_is_about(
    senior: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeal = appealed(decided(senior, "warn"))
    later(monkeypatch, days=400)
    records_purge()
    assert Evidence.objects.exists()
    answer(appeal, other, "refused")
    records_purge()
    assert not Case.objects.exists()


def test_answered_appeal_goes_when_no_other_could_take_its_place(
    senior: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decided(senior, "permanent")
    answer(appealed(decision), other, "refused")
    later(monkeypatch, days=179)
    assert records_purge()["appeal"] == 0
    later(monkeypatch, days=2)
    assert records_purge(dry_run=True)["appeal"] == 1
    assert records_purge()["appeal"] == 1
    assert "An appeal here was possible until" in shown(decision)
    assert page(decision, text=TEXT).status_code == 409
