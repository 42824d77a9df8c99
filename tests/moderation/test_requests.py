"""What takes two persons: asking, answering, what follows, and what nobody can get around."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from moderation.cases import NotPossible
from moderation.exports import archive_problems
from moderation.figures import Period, decisions
from moderation.models import (
    Appeal,
    AuditEntry,
    Case,
    Decision,
    Evidence,
    Report,
    Request,
    Sanction,
)
from moderation.policy import LANES, REQUEST_WINDOW
from moderation.receipts import receipt_url, statement_path
from moderation.rights import rights_changing
from moderation.selectors.bans import visitor_bans
from moderation.selectors.desk import prior_measures
from moderation.services.appeals import appeal_claim, appeal_decide, appeal_make
from moderation.services.approvals import request_approve, request_refuse
from moderation.services.cases import case_claim, evidence_hold
from moderation.services.custody import hold_release_ask
from moderation.services.decisions import case_decide, decision_lift
from moderation.services.exports import export_ask, export_fetch
from moderation.services.requests import (
    BadRequest,
    request_withdraw,
    requests_expire,
)
from moderation.services.upkeep import records_purge
from moderation.tasks import requests_expire as requests_expire_job
from tests.moderation.factories import moderator, report
from tests.moderation.staff import counted, signed_in
from tests.moderation.test_desk_races import at_once, kinds

pytestmark = pytest.mark.django_db
FACTS = "You insulted a stranger."
QUEUE = reverse("admin:moderation_request_changelist")


@pytest.fixture(autouse=True)
def _own_run_dir(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


@pytest.fixture
def senior() -> User:
    return moderator("senior", "sam")


@pytest.fixture
def other() -> User:
    return moderator("senior", "olga")


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    moment = timezone.now() + timedelta(**span)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def asked(by: User, case: Case | None = None) -> Request:
    """Decide a case with a permanent ban; give the request that waits."""
    held = case_claim((case or report()).pk, moderator=by)
    case_decide(
        held.pk,
        moderator=by,
        version=held.version,
        measure="permanent",
        rule="harassment",
        facts=FACTS,
    )
    return Request.objects.get(case=held, outcome="")


def held_evidence(by: User) -> Evidence:
    evidence = Evidence.objects.get(report__case=report())
    return evidence_hold(evidence, moderator=by, why="The police asked.")


def url(name: str, request: Request) -> str:
    return reverse(f"admin:moderation_request_{name}", args=[request.pk])


# --- A permanent ban ------------------------------------------------------------------------------


def test_permanent_ban_by_one_is_a_day_and_a_request(senior: User) -> None:
    request = asked(senior)
    decision = Decision.objects.get()
    assert (decision.measure, decision.approved_by) == ("day", None)
    until = visitor_bans()[decision.subject].until
    assert until is not None
    assert until >= request.created_at + REQUEST_WINDOW - timedelta(seconds=1)
    assert (request.kind, request.by, request.why) == ("permanent", senior, FACTS)
    assert request.expires_at - request.created_at == REQUEST_WINDOW


def test_approved_it_takes_the_place_of_the_day(senior: User, other: User) -> None:
    request = asked(senior)
    day = Decision.objects.get()
    request_approve(request.pk, by=other)
    decision = Decision.objects.get(measure="permanent")
    assert (decision.by, decision.approved_by) == (senior, other)
    assert (decision.rule, decision.facts, decision.why) == (day.rule, day.facts, day.why)
    assert decision.evidence == day.evidence != []
    assert visitor_bans()[decision.subject].until is None
    assert not Sanction.objects.filter(decision=day, end=None).exists()
    assert prior_measures(decision.case) == ["permanent"], "the day does not count beside it"


def test_person_reads_of_the_day_and_then_of_the_ban_for_good(senior: User, other: User) -> None:
    request = asked(senior)
    day = Decision.objects.get()
    assert "Ban, 1 day" in Client().get(statement_path(day.reference)).content.decode()
    request_approve(request.pk, by=other)
    decision = Decision.objects.get(measure="permanent")
    page = Client().get(statement_path(decision.reference)).content.decode()
    assert "Ban, permanent" in page
    assert "olga" not in page
    assert "taken back" not in Client().get(statement_path(day.reference)).content.decode()


def test_reporter_reads_that_it_was_acted_on_all_along(senior: User, other: User) -> None:
    request = asked(senior)
    receipt = receipt_url(Report.objects.get().reference)
    shown = Client().get(receipt).context["report"].outcome
    request_approve(request.pk, by=other)
    assert Client().get(receipt).context["report"].outcome == shown == "action"


def test_replaced_day_is_a_decision_but_no_reversal(senior: User, other: User) -> None:
    request_approve(asked(senior).pk, by=other)
    now = timezone.now()
    made = decisions(list(LANES), Period(now - timedelta(days=1), now + timedelta(days=1)))
    assert made.by_measure == {"day": 1, "permanent": 1}
    assert made.reversed == 0


def test_refused_the_day_is_all(senior: User, other: User, monkeypatch: pytest.MonkeyPatch) -> None:
    request_refuse(asked(senior).pk, by=other, answer="A week was enough.")
    assert Decision.objects.get().measure == "day"
    assert visitor_bans()
    later(monkeypatch, days=1, seconds=1)
    assert visitor_bans() == {}


def test_ban_for_good_holds_also_when_a_new_report_came(senior: User, other: User) -> None:
    request = asked(senior)
    case = report(subject=Case.objects.get().subject)
    held = case_claim(case.pk, moderator=other)
    request_approve(request.pk, by=moderator())
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == ("claimed", other)
    assert case.version > held.version, "their form is stale now"
    assert visitor_bans()[case.subject].until is None


def test_case_decided_anew_takes_the_request_with_it(senior: User, other: User) -> None:
    request = asked(senior)
    case = report(subject=Case.objects.get().subject)
    held = case_claim(case.pk, moderator=other)
    case_decide(case.pk, moderator=other, version=held.version, measure="dismiss")
    request.refresh_from_db()
    assert (request.outcome, request.decided_by) == ("withdrawn", None)
    with pytest.raises(NotPossible, match="waits no more"):
        request_approve(request.pk, by=other)


def test_asked_again_for_the_same_case_another_request_waits(senior: User, other: User) -> None:
    first = asked(senior)
    second = asked(other, report(subject=Case.objects.get().subject))
    first.refresh_from_db()
    assert (first.outcome, second.outcome) == ("withdrawn", "")
    request_approve(second.pk, by=senior)
    assert Decision.objects.get(measure="permanent").by == other


def test_lifting_the_day_takes_the_request_with_it(senior: User, other: User) -> None:
    request = asked(senior)
    decision_lift(Decision.objects.get(), moderator=other, why="A mistake.")
    request.refresh_from_db()
    assert request.outcome == "withdrawn"


def test_appeal_against_the_day_is_overtaken_and_one_against_the_rest_is_open(
    senior: User, other: User
) -> None:
    request = asked(senior)
    appeal_make(Decision.objects.get(), text="It was a joke.")
    request_approve(request.pk, by=other)
    assert Appeal.objects.get().outcome == "overtaken"
    appeal_make(Decision.objects.get(measure="permanent"), text="It was a joke.")


def test_neither_of_the_two_answers_the_appeal(senior: User, other: User) -> None:
    request_approve(asked(senior).pk, by=other)
    appeal = appeal_make(Decision.objects.get(measure="permanent"), text="It was a joke.")
    for one in (senior, other):
        with pytest.raises(NotPossible, match="You took this decision"):
            appeal_claim(appeal.pk, moderator=one)
        with pytest.raises(IntegrityError), transaction.atomic():
            Appeal.objects.filter(pk=appeal.pk).update(
                outcome="refused", decided_by=one, decided_at=timezone.now(), why="x"
            )
    third = moderator()
    held = appeal_claim(appeal.pk, moderator=third)
    appeal_decide(held.pk, moderator=third, version=held.version, outcome="granted", why="Yes.")
    assert visitor_bans() == {}
    assert Report.objects.get().outcome == "dismissed"


# --- Who may, and when ----------------------------------------------------------------------------


def test_ones_own_request_is_for_another(senior: User) -> None:
    request = asked(senior)
    for answer in (request_approve, partial(request_refuse, answer="No.")):
        with pytest.raises(NotPossible, match="You asked for this"):
            answer(request.pk, by=senior)


def test_superuser_is_no_exception() -> None:
    root = User.objects.create(username="root", is_superuser=True, is_staff=True)
    request = asked(root)
    with pytest.raises(NotPossible, match="You asked for this"):
        request_approve(request.pk, by=root)


def test_who_may_not_impose_it_may_not_approve_it(senior: User) -> None:
    request = asked(senior)
    for role in ("triage", "moderator", "legal"):
        with pytest.raises(NotPossible, match="You may not see this"):
            request_approve(request.pk, by=moderator(role))


def test_who_is_disabled_meanwhile_asked_in_vain(senior: User, other: User) -> None:
    request = asked(senior)
    User.objects.filter(pk=senior.pk).update(is_active=False)
    with pytest.raises(NotPossible, match="may not any more"):
        request_approve(request.pk, by=other)


def test_after_24_hours_it_is_over_also_before_the_sweep(
    senior: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(senior)
    later(monkeypatch, hours=24)
    with pytest.raises(NotPossible, match="Its time is over"):
        request_approve(request.pk, by=other)
    requests_expire_job()
    request.refresh_from_db()
    assert request.outcome == "expired"
    assert requests_expire() == 0
    assert not Decision.objects.filter(measure="permanent").exists()


def test_what_is_over_does_not_keep_one_from_asking_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    legal = moderator("legal")
    case = report()
    first = export_ask(case, by=legal, why="The police asked.")
    with pytest.raises(NotPossible, match="asked for already"):
        export_ask(case, by=moderator("legal"), why="Again.")
    later(monkeypatch, hours=24, seconds=1)
    export_ask(case, by=legal, why="The police asked again.")
    first.refresh_from_db()
    assert first.outcome == "expired"


def test_only_who_asked_takes_it_back(senior: User, other: User) -> None:
    request = asked(senior)
    with pytest.raises(NotPossible):
        request_withdraw(request.pk, by=other)
    assert request_withdraw(request.pk, by=senior).outcome == "withdrawn"
    with pytest.raises(NotPossible):
        request_withdraw(request.pk, by=senior)


@pytest.mark.parametrize("why", ["", " ", "x" * 501, "a\0b"])
def test_request_needs_a_reason(why: str) -> None:
    with pytest.raises(BadRequest):
        export_ask(report(), by=moderator("legal"), why=why)


@pytest.mark.parametrize("answer", [" ", "x" * 501, "a\0b"])
def test_refusal_needs_a_reason(senior: User, other: User, answer: str) -> None:
    with pytest.raises(BadRequest):
        request_refuse(asked(senior).pk, by=other, answer=answer)


def test_everything_is_in_the_audit_log_without_words_of_the_person(
    senior: User, other: User
) -> None:
    request = asked(senior)
    request_approve(request.pk, by=other)
    written = AuditEntry.objects.filter(target=str(request)).order_by("id")
    assert [(each.actor, each.action) for each in written] == [
        ("sam", "request"),
        ("olga", "approve"),
    ]
    for entry in AuditEntry.objects.all():
        assert FACTS not in repr(vars(entry))


# --- Legal hold -----------------------------------------------------------------------------------


def test_hold_is_released_by_two() -> None:
    legal = moderator("legal")
    evidence = held_evidence(legal)
    request = hold_release_ask(evidence, by=legal, why="They have it.")
    evidence.refresh_from_db()
    assert evidence.on_hold
    with pytest.raises(NotPossible):
        request_approve(request.pk, by=legal)
    request_approve(request.pk, by=moderator("admin"))
    evidence.refresh_from_db()
    assert not evidence.on_hold


def test_release_of_what_is_not_held_cannot_be_asked() -> None:
    report()
    with pytest.raises(NotPossible, match="not on hold"):
        hold_release_ask(Evidence.objects.get(), by=moderator("legal"), why="x")


def test_waiting_request_keeps_what_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    legal, mo = moderator("legal"), moderator()
    case = case_claim(report().pk, moderator=mo)
    case_decide(case.pk, moderator=mo, version=case.version, measure="dismiss")
    later(monkeypatch, days=400)
    export_ask(case, by=legal, why="The police asked.")
    assert records_purge()["case"] == 0
    later(monkeypatch, days=2)
    requests_expire()
    assert records_purge()["case"] == 1


def test_requests_go_180_days_after_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    case = report()
    request = export_ask(case, by=moderator("legal"), why="The police asked.")
    request_withdraw(request.pk, by=request.by)
    later(monkeypatch, days=179)
    assert records_purge()["request"] == 0
    Evidence.objects.update(on_hold=True)
    later(monkeypatch, days=2)
    assert records_purge()["request"] == 0
    Evidence.objects.update(on_hold=False)
    assert records_purge()["request"] == 1


# --- An export ------------------------------------------------------------------------------------


def test_export_is_for_who_asked_and_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    legal, admin = moderator("legal"), moderator("admin")
    request = export_ask(report(), by=legal, why="The police asked.")
    with pytest.raises(NotPossible, match="Nobody has approved"):
        export_fetch(request.pk, by=legal)
    request_approve(request.pk, by=admin)
    with pytest.raises(NotPossible, match="Only who asked"):
        export_fetch(request.pk, by=admin)
    later(monkeypatch, hours=24)
    with pytest.raises(NotPossible, match="Its time is over"):
        export_fetch(request.pk, by=legal)


def test_export_is_a_file_for_who_asked_and_every_time_is_in_the_log() -> None:
    (client, legal), (others, admin) = signed_in("legal"), signed_in("admin")
    request = export_ask(report(), by=legal, why="The police asked.")
    request_approve(request.pk, by=admin)
    address = reverse("admin:moderation_request_export", args=[request.pk])
    for copy in (client.post(address), client.post(address)):
        assert copy.status_code == 200
        assert archive_problems(copy.content) == []
        assert re.fullmatch(
            r'attachment; filename="case-\d+-[0-9a-f]{12}\.zip"', copy["Content-Disposition"]
        )
        assert "sandbox" in copy["Content-Security-Policy"]
    assert AuditEntry.objects.filter(action="export", actor=legal.username).count() == 2
    refused = others.post(address)
    assert refused.status_code == 409
    assert "Only who asked" in refused.content.decode()


@pytest.mark.parametrize("role", ["triage", "moderator", "senior"])
def test_export_takes_the_right_to_it(role: Any) -> None:
    with pytest.raises(NotPossible):
        export_ask(report(), by=moderator(role), why="x")


# --- The database's own word ----------------------------------------------------------------------


@pytest.mark.parametrize("approved", ["nobody", "themselves"])
def test_permanent_decision_of_one_cannot_be_written(senior: User, approved: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(
            reference="D-1",
            case=report(),
            subject="x",
            by=senior,
            approved_by=senior if approved == "themselves" else None,
            measure="permanent",
            rule="harassment",
            facts=FACTS,
            why="x",
            source="report",
            case_version=99,
            created_at=timezone.now(),
        )


@pytest.mark.parametrize("measure", ["day", "permanent"])
def test_sanction_without_end_needs_such_a_decision(senior: User, measure: str) -> None:
    asked(senior)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Sanction.objects.create(
            decision=Decision.objects.get(),
            target="visitor",
            tag="x",
            measure=measure,
            starts_at=timezone.now(),
        )


def test_answer_by_who_asked_cannot_be_written(senior: User) -> None:
    request = asked(senior)
    with pytest.raises(IntegrityError), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(
            outcome="approved", decided_by=senior, decided_at=timezone.now()
        )


def test_late_answer_cannot_be_written(senior: User, other: User) -> None:
    request = asked(senior)
    with pytest.raises(IntegrityError), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(
            outcome="approved", decided_by=other, decided_at=request.expires_at
        )


@pytest.mark.parametrize(
    "change",
    ["why = 'other'", "payload = '{}'", "kind = 'export'", "expires_at = '2100-01-01'"],
)
def test_what_was_asked_stays(senior: User, change: str) -> None:
    asked(senior)
    with (
        pytest.raises((IntegrityError, InternalError), match="request"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE moderation_request SET {change}")


def test_what_was_answered_stays(senior: User, other: User) -> None:
    request = asked(senior)
    request_refuse(request.pk, by=other, answer="No.")
    with pytest.raises((IntegrityError, InternalError), match="request"), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(outcome="", decided_by=None, decided_at=None)


# --- The desk -------------------------------------------------------------------------------------


def test_page_lists_what_waits_and_what_is_mine() -> None:
    client, user = signed_in("senior")
    theirs, mine = asked(moderator("senior", "sam")), asked(user)
    page = client.get(QUEUE)
    assert [row.asked for row in page.context["waiting"]] == [theirs]
    assert [row.asked for row in page.context["mine"]] == [mine]
    assert counted(client.get(reverse("admin:moderation_case_changelist")))["Requests"] == 1


def test_approving_on_the_page_carries_it_out(senior: User) -> None:
    request = asked(senior)
    client, user = signed_in("senior")
    assert "Ban, 1 day" in client.get(url("change", request)).content.decode()
    answer = client.post(url("change", request), {"do": "approve", "answer": "I agree."})
    assert answer["Location"] == QUEUE
    assert Decision.objects.get(measure="permanent").approved_by == user
    assert "I agree." in client.get(url("change", request)).content.decode()


def test_page_of_ones_own_request_offers_to_take_it_back_alone() -> None:
    client, user = signed_in("superuser")
    request = asked(user)
    page = client.get(url("change", request)).content.decode()
    assert "You asked for this" in page
    assert 'value="approve"' not in page
    assert client.post(url("change", request), {"do": "approve"}).status_code == 409
    assert client.post(url("withdraw", request)).status_code == 302
    request.refresh_from_db()
    assert request.outcome == "withdrawn"


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"do": "refuse", "answer": " "}, 400), ({"do": "burn"}, 400), ({}, 400)],
)
def test_answer_that_lacks_something_is_refused(
    senior: User, fields: dict[str, str], status: int
) -> None:
    request = asked(senior)
    client, _ = signed_in("senior")
    assert client.post(url("change", request), fields).status_code == status
    request.refresh_from_db()
    assert request.outcome == ""


def test_requests_of_lanes_and_kinds_that_are_not_theirs_are_not_there(senior: User) -> None:
    request = asked(senior)
    for role in ("legal", "moderator"):
        client, _ = signed_in(role)
        assert client.get(url("change", request)).status_code == 403
        assert client.post(url("change", request), {"do": "approve"}).status_code == 403


@pytest.mark.parametrize("role", ["triage", "moderator"])
def test_who_answers_no_kind_has_no_such_page(role: Any) -> None:
    client, _ = signed_in(role)
    assert client.get(QUEUE).status_code == 403
    queue = client.get(reverse("admin:moderation_case_changelist")).content.decode()
    assert f'href="{QUEUE}"' not in queue


def test_case_page_says_what_a_permanent_ban_takes() -> None:
    client, user = signed_in("senior")
    case = case_claim(report().pk, moderator=user)
    page = client.get(reverse("admin:moderation_case_change", args=[case.pk])).content.decode()
    assert "takes two persons" in page
    asked(user)
    page = client.get(reverse("admin:moderation_case_change", args=[case.pk])).content.decode()
    assert "waits for another person" not in page, "that one is of another case"


def test_export_is_asked_for_on_the_case_page() -> None:
    client, user = signed_in("legal")
    case = report()
    page = client.get(reverse("admin:moderation_case_change", args=[case.pk])).content.decode()
    assert "Ask to export" in page
    ask = reverse("admin:moderation_case_export", args=[case.pk])
    assert client.post(ask, {"why": " "}).status_code == 400
    assert client.post(ask, {"why": "The police asked."}).status_code == 302
    assert Request.objects.get().by == user
    assert client.post(ask, {"why": "Again."}).status_code == 409
    other, _ = signed_in("senior")
    assert other.post(ask, {"why": "x"}).status_code == 403


@pytest.mark.parametrize("lost", ["enabled", "role"])
def test_export_is_not_fetched_by_an_open_session_of_who_may_not_any_more(lost: str) -> None:
    client, user = signed_in("legal")
    request = export_ask(report(), by=user, why="The police asked.")
    request_approve(request.pk, by=moderator("legal"))
    if lost == "enabled":
        user.is_active = False
        user.save()
    else:
        with rights_changing():
            user.groups.set(Group.objects.filter(name="senior"))
    answer = client.post(url("export", request))
    assert answer.status_code == (302 if lost == "enabled" else 403)
    assert not AuditEntry.objects.filter(action="export").exists()


# --- At once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_are_one() -> None:
    request = asked(moderator())
    people = [moderator(), moderator()]
    answers: list[Callable[[], object]] = [
        partial(request_approve, request.pk, by=people[0]),
        partial(request_refuse, request.pk, by=people[1], answer="No."),
    ]
    assert kinds(at_once(*answers)) == [NotPossible, Request]
    request.refresh_from_db()
    assert Decision.objects.filter(measure="permanent").exists() == (request.outcome == "approved")


@pytest.mark.django_db(transaction=True)
def test_expiry_and_approval_at_once_leave_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    request, other = asked(moderator()), moderator()
    with connection.cursor() as cursor:
        from moderation.triggers import triggers_create, triggers_drop

        triggers_drop(connection)
        cursor.execute(
            "UPDATE moderation_request SET expires_at = %s",
            [timezone.now() + timedelta(milliseconds=15)],
        )
        triggers_create(connection)
    at_once(partial(request_approve, request.pk, by=other), *[requests_expire] * 3)
    later(monkeypatch, seconds=1)
    requests_expire()
    request.refresh_from_db()
    assert request.outcome in {"approved", "expired"}
    assert Decision.objects.filter(measure="permanent").exists() == (request.outcome == "approved")


@pytest.mark.django_db(transaction=True)
def test_lifting_and_approval_at_once_leave_no_ban_behind_a_lifting() -> None:
    request, other, third = asked(moderator()), moderator(), moderator()
    day = Decision.objects.get()
    at_once(
        partial(request_approve, request.pk, by=other),
        partial(decision_lift, day, moderator=third, why="A mistake."),
    )
    request.refresh_from_db()
    assert request.outcome in {"approved", "withdrawn"}
    assert bool(visitor_bans()) == (request.outcome == "approved")


@pytest.mark.django_db(transaction=True)
def test_same_thing_asked_twice_at_once_waits_once() -> None:
    case = report()
    people = [moderator("legal"), moderator("legal")]
    at_once(*(partial(export_ask, case, by=one, why="The police asked.") for one in people))
    assert Request.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_release_and_purge_at_once_delete_only_what_was_released() -> None:
    legal, mo = moderator("legal"), moderator()
    case = case_claim(report().pk, moderator=mo)
    case_decide(case.pk, moderator=mo, version=case.version, measure="dismiss")
    evidence = evidence_hold(Evidence.objects.get(), moderator=legal, why="The police asked.")
    request = hold_release_ask(evidence, by=legal, why="They have it.")
    Case.objects.update(decided_at=timezone.now() - timedelta(days=40))
    Evidence.objects.update(purge_at=timezone.now() - timedelta(days=10))
    at_once(partial(request_approve, request.pk, by=moderator("legal")), records_purge)
    request.refresh_from_db()
    assert request.outcome == "approved"
    assert not Evidence.objects.filter(on_hold=True).exists()
