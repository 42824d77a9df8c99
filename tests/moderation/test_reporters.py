"""Reporters who are often wrong: muted for a time, their waiting reports set aside, and told so."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from moderation.cases import NotPossible
from moderation.models import Activity, AuditEntry, Case, Decision, Lifting, Mute, Report
from moderation.policy import MUTE, SET_ASIDE_MOST
from moderation.receipts import receipt_url
from moderation.scoring import LIGHTEST
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide, decision_lift
from moderation.services.reporters import (
    BadReason,
    reporter_mute_lift,
    reporter_mute_set,
    reports_set_aside,
)
from moderation.services.upkeep import records_purge
from tests.moderation.factories import bare_case, bare_report, moderator, report
from tests.moderation.staff import signed_in

pytestmark = pytest.mark.django_db

WHY = "Reports everybody."
DORA = secrets.token_hex(16)


def reported(reason: Any = "harassment", **fields: Any) -> Report:
    """A report of Dora's, in a case of its own."""
    return report(reason, reporter=DORA, **fields).reports.get(reporter=DORA)


def receipt(of: Report) -> str:
    return Client().get("/" + receipt_url(of.reference).split("/", 3)[3]).content.decode()


def act(client: Client, on: Report, do: str, why: str = WHY) -> Any:
    url = f"/admin/moderation/case/{on.case_id}/reporter/"
    return client.post(url, {"report": on.reference, "do": do, "why": why})


def letting(monkeypatch: pytest.MonkeyPatch, pass_by: timedelta) -> None:
    later = timezone.now() + pass_by
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)


# --- Mute -----------------------------------------------------------------------------------------


def test_who_is_muted_weighs_least_and_is_filed_all_the_same() -> None:
    first = reported()
    assert first.weight > LIGHTEST
    reporter_mute_set(first, moderator=moderator(), why=WHY)
    second = reported()
    assert second.weight == LIGHTEST
    assert second.case is not None
    assert second.case.status == "open"
    first.refresh_from_db()
    assert first.weight > LIGHTEST, "what was there before keeps its weight"


def test_mute_ends_by_itself_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    reporter_mute_set(reported(), moderator=moderator(), why=WHY)
    letting(monkeypatch, MUTE + timedelta(seconds=1))
    assert reported().weight > LIGHTEST
    assert records_purge(dry_run=True)["mute"] == 1
    records_purge()
    assert not Mute.objects.exists()


def test_mute_that_ran_out_can_be_set_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, somebody = reported(), moderator()
    reporter_mute_set(mine, moderator=somebody, why=WHY)
    with pytest.raises(NotPossible, match="already"):
        reporter_mute_set(mine, moderator=somebody, why=WHY)
    letting(monkeypatch, MUTE + timedelta(seconds=1))
    assert reporter_mute_set(mine, moderator=somebody, why=WHY).until > timezone.now()


def test_mute_is_lifted_by_another_click() -> None:
    mine, somebody = reported(), moderator()
    with pytest.raises(NotPossible, match="not muted"):
        reporter_mute_lift(mine, moderator=somebody, why=WHY)
    reporter_mute_set(mine, moderator=somebody, why=WHY)
    reporter_mute_lift(mine, moderator=somebody, why="Was right after all.")
    assert reported().weight > LIGHTEST


def test_both_are_in_the_audit_log_with_their_reasons_and_no_tag() -> None:
    mine, somebody = reported(), moderator()
    reporter_mute_set(mine, moderator=somebody, why=WHY)
    reporter_mute_lift(mine, moderator=somebody, why="Was right.")
    entries = list(AuditEntry.objects.filter(action__in=("mute", "unmute")).order_by("id"))
    assert [entry.detail["why"] for entry in entries] == [WHY, "Was right."]
    assert {entry.actor for entry in entries} == {somebody.get_username()}
    assert {entry.target for entry in entries} == {f"reporter of {mine.reference}"}


def test_two_strangers_and_somebody_muted_take_no_video() -> None:
    reporter_mute_set(reported(), moderator=moderator(), why=WHY)
    subject = secrets.token_hex(16)
    *_, case = [
        report("other", subject=subject, reporter=reporter, mode="video")
        for reporter in ("", DORA, "")
    ]
    assert not case.decisions.exists()
    report("other", subject=subject, mode="video")
    assert case.decisions.get().measure == "video"


@pytest.mark.parametrize("role", ["triage", "legal"])
def test_some_roles_may_do_neither(role: Any) -> None:
    mine, somebody = reported(), moderator(role)
    for action in (reporter_mute_set, reporter_mute_lift, reports_set_aside):
        with pytest.raises(NotPossible, match="may not"):
            action(mine, moderator=somebody, why=WHY)


@pytest.mark.parametrize("why", ["", "   ", "x" * 501])
def test_nothing_happens_without_a_reason(why: str) -> None:
    for action in (reporter_mute_set, reports_set_aside):
        with pytest.raises(BadReason):
            action(reported(), moderator=moderator(), why=why)
    assert not Mute.objects.exists()
    assert not Report.objects.exclude(outcome="").exists()


def test_our_own_checks_are_no_reporter() -> None:
    own = bare_report(reporter="", source="automatic")
    with pytest.raises(NotPossible, match="Our own checks"):
        reporter_mute_set(own, moderator=moderator(), why=WHY)


# --- Set aside ------------------------------------------------------------------------------------


def test_what_waits_of_a_reporter_is_dismissed_and_nothing_else() -> None:
    mine, other = reported(), report()
    shared = reported("spam")
    assert shared.case is not None
    report("spam", subject=shared.subject)
    shared.case.refresh_from_db()
    before = shared.case.score
    somebody = moderator("moderator")
    assert reports_set_aside(mine, moderator=somebody, why=WHY) == 2
    assert set(Report.objects.filter(reporter=DORA).values_list("outcome", flat=True)) == {
        "dismissed"
    }
    assert other.reports.get().outcome == ""
    shared.case.refresh_from_db()
    assert shared.case.status == "open", "somebody else reported it too"
    assert shared.case.score < before
    assert shared.case.reports.filter(outcome="").count() == 1
    asides = Activity.objects.filter(event="set-aside")
    assert {each.detail for each in asides} == {mine.reference, shared.reference}
    assert {each.actor for each in asides} == {somebody.get_username()}
    entry = AuditEntry.objects.get(action="set-aside")
    assert entry.detail == {"why": WHY, "reports": 2}


def test_case_without_a_report_is_dismissed_and_opens_again() -> None:
    mine = reported()
    reports_set_aside(mine, moderator=moderator("moderator"), why=WHY)
    case = mine.case
    assert case is not None
    case.refresh_from_db()
    assert case.status == "decided"
    assert case.decided_at is not None
    decision = case.decisions.get()
    assert (decision.measure, decision.automated_decision) == ("dismiss", False)
    report(subject=case.subject)
    case.refresh_from_db()
    assert case.status == "open"


def test_cool_down_it_led_to_is_lifted_with_it() -> None:
    """Automation's measure gives way to a person's dismissal, also to this one."""
    subject = secrets.token_hex(16)
    case, *_ = [report(subject=subject) for _ in range(3)]
    assert case.decisions.get().automated_decision
    case.reports.update(reporter=DORA)
    reports_set_aside(case.reports.all()[0], moderator=moderator(), why=WHY)
    assert Lifting.objects.get().decision.automated_decision


@pytest.mark.parametrize("reason", ["minor", "violence", "self_harm"])
def test_urgent_lanes_are_never_swept(reason: Any) -> None:
    urgent, mine = reported(reason), reported()
    assert reports_set_aside(mine, moderator=moderator("admin"), why=WHY) == 1
    urgent.refresh_from_db()
    assert urgent.outcome == ""
    with pytest.raises(NotPossible, match="Nothing"):
        reports_set_aside(urgent, moderator=moderator("admin"), why=WHY)


def test_lanes_one_may_not_review_stay() -> None:
    somebody = moderator("moderator")
    somebody.groups.clear()
    for codename in ("review_spam", "mute_reporter"):
        grant(somebody, codename)
    spam, insult = reported("spam"), reported("harassment")
    assert reports_set_aside(spam, moderator=somebody, why=WHY) == 1
    insult.refresh_from_db()
    assert insult.outcome == ""
    with pytest.raises(NotPossible, match="may not see"):
        reports_set_aside(insult, moderator=somebody, why=WHY)


def grant(user: User, codename: str) -> None:
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename=codename))


def test_case_that_somebody_else_holds_stays_and_ones_own_goes() -> None:
    theirs, mine = reported(), reported()
    assert theirs.case_id is not None
    assert mine.case_id is not None
    me = moderator()
    case_claim(theirs.case_id, moderator=moderator())
    case_claim(mine.case_id, moderator=me)
    assert reports_set_aside(mine, moderator=me, why=WHY) == 1
    theirs.refresh_from_db()
    assert theirs.outcome == ""
    case = Case.objects.get(pk=mine.case_id)
    assert (case.status, case.claimed_by) == ("decided", None)


def test_one_click_sets_aside_so_many_the_oldest_first() -> None:
    case = bare_case()
    start = timezone.now() - timedelta(hours=1)
    reports = [
        bare_report(case=case, reporter=DORA, created_at=start + timedelta(seconds=number))
        for number in range(SET_ASIDE_MOST + 2)
    ]
    assert reports_set_aside(reports[0], moderator=moderator(), why=WHY) == SET_ASIDE_MOST
    left = Report.objects.filter(outcome="").values_list("pk", flat=True)
    assert set(left) == {each.pk for each in reports[-2:]}
    case.refresh_from_db()
    assert case.status == "open"


def test_what_was_set_aside_counts_against_its_reporter() -> None:
    weight = reported().weight
    reports_set_aside(reported(), moderator=moderator(), why=WHY)
    assert reported().weight < weight


# --- What the reporter is told --------------------------------------------------------------------


def decide(of: Report, measure: Any) -> Decision:
    somebody = moderator()
    assert of.case_id is not None
    case = case_claim(of.case_id, moderator=somebody)
    return case_decide(
        case.pk,
        moderator=somebody,
        version=case.version,
        measure=measure,
        rule="harassment",
        facts="You insulted a stranger.",
    )


def test_receipt_says_what_became_of_a_report() -> None:
    waits, upheld, dismissed, aside, back = (reported() for _ in range(5))
    decide(upheld, "warn")
    decide(dismissed, "dismiss")
    decision_lift(decide(back, "warn"), moderator=moderator(), why="It was somebody else.")
    assert waits.case_id is not None
    case_claim(waits.case_id, moderator=moderator())
    reports_set_aside(aside, moderator=moderator(), why=WHY)
    assert "A moderator is looking at it." in receipt(waits)
    assert "We acted on it" in receipt(upheld)
    assert "We found no broken rule" in receipt(dismissed)
    assert "We took that decision back" not in receipt(upheld)
    assert "After another look we took that decision back." in receipt(back)
    told = receipt(aside)
    assert "set it aside together with your other reports" in told
    assert "It was not read on its own." in told
    assert WHY not in told


# --- On the desk ----------------------------------------------------------------------------------


def test_page_of_a_case_mutes_sets_aside_and_unmutes() -> None:
    client, me = signed_in("moderator")
    mine, more = reported(), reported()
    page = f"/admin/moderation/case/{mine.case_id}/change/"
    words = " ".join(client.get(page).content.decode().split())
    assert "Set aside their 2 waiting reports" in words
    assert act(client, mine, "mute").status_code == 302
    assert f"by {me.get_username()}: their new reports count least" in (
        client.get(page).content.decode()
    )
    assert act(client, mine, "mute").status_code == 409
    assert act(client, mine, "set-aside").status_code == 302
    more.refresh_from_db()
    assert more.outcome == "dismissed"
    assert 'value="set-aside"' not in client.get(page).content.decode()
    assert act(client, mine, "unmute").status_code == 302
    assert not Mute.objects.exists()


def test_page_refuses_what_is_not_allowed() -> None:
    triage, _ = signed_in("triage")
    mine, other = reported(), report().reports.get()
    page = triage.get(f"/admin/moderation/case/{mine.case_id}/change/").content.decode()
    assert "Mute this reporter" not in page
    assert act(triage, mine, "mute").status_code == 403
    client, _ = signed_in("moderator")
    assert act(client, mine, "mute", why="").status_code == 400
    assert act(client, mine, "mute", why=" ").status_code == 400
    assert act(client, mine, "ban").status_code == 400
    other.case_id = mine.case_id
    assert act(client, other, "mute").status_code == 404
    assert client.get(f"/admin/moderation/case/{mine.case_id}/reporter/").status_code == 405
    assert not Mute.objects.exists()
