"""The page of a case: what is seen, what is written down, how a decision is taken or refused."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from moderation.models import AuditEntry, Case, Decision, Evidence, Report, Request, Sanction
from moderation.policy import MEASURES
from moderation.services.approvals import request_approve
from moderation.services.cases import case_claim
from moderation.services.decisions import decision_lift
from tests.moderation.factories import line, moderator, report
from tests.moderation.factories import rule as made_rule
from tests.moderation.staff import signed_in

pytestmark = pytest.mark.django_db

QUEUE = "/admin/moderation/case/"
FACTS = "You insulted a stranger."


def url(case: Case, what: str = "change") -> str:
    return f"{QUEUE}{case.pk}/{what}/"


def held(case: Case | None = None, role: Any = "senior") -> tuple[Client, User, Case]:
    """Somebody signed in who has just claimed a case."""
    client, user = signed_in(role)
    return client, user, case_claim((case or report()).pk, moderator=user)


def decide(client: Client, case: Case, **fields: Any) -> Any:
    posted = {"version": case.version, "measure": "warn", "rule": "harassment", "facts": FACTS}
    return client.post(url(case), posted | fields)


# --- What is seen ---------------------------------------------------------------------------------


def test_text_of_strangers_is_inert() -> None:
    hostile = ("<img src=x onerror=alert(1)>", "{{7*7}}", "javascript:alert(1) https://x.example/")
    lines = [line(text, seq=number) for number, text in enumerate(hostile)]
    client, _, case = held(report("harassment", *lines, note="<script>alert(1)</script>"))
    page = client.get(url(case)).content.decode()
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "{{7*7}}" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript' not in page
    assert 'href="https://x' not in page


def test_page_has_nothing_the_policy_forbids() -> None:
    client, _, case = held()
    for page in (url(case), QUEUE, "/admin/moderation/filterrule/add/", "/admin/"):
        text = client.get(page).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text


def test_original_and_what_the_stranger_saw_are_both_there() -> None:
    rule = made_rule(text="numpty")
    lines = (
        line("you numpty", shown="you ******", verdict="mask", rules=(rule.pk,)),
        line("come to x.example", seq=1, shown=None, verdict="hold"),
    )
    client, _, case = held(report("harassment", *lines))
    page = client.get(url(case)).content.decode()
    for text in ("you numpty", "you ******", "met term: numpty", "never seen by the stranger"):
        assert text in page


def test_reporters_record_is_told_and_no_tag_in_full() -> None:
    case = report(reporter="ab" * 16)
    client, user, _ = held(report(reporter="ab" * 16))
    decide(client, Case.objects.get(claimed_by=user))
    page = client.get(url(case)).content.decode()
    assert "1 upheld, 0 dismissed" in page
    assert "ab" * 16 not in page
    assert case.subject not in page


def test_urgent_conversation_is_covered_at_first() -> None:
    client, _ = signed_in("senior")
    assert "is-coverable" in client.get(url(report("minor"))).content.decode()
    assert "is-coverable" not in client.get(url(report("spam"))).content.decode()


def test_every_view_of_evidence_is_written_down_with_its_click() -> None:
    client, user = signed_in("senior")
    case = report()
    client.get(url(case))
    client.get(url(case))
    entries = AuditEntry.objects.filter(action="view")
    assert [entry.actor for entry in entries] == [user.username] * 2
    clicks = {entry.click for entry in entries}
    assert len(clicks) == 2
    assert all(uuid.UUID(click) for click in clicks)


def test_lane_that_is_not_theirs_is_not_shown() -> None:
    client, _ = signed_in("moderator")
    case = report("minor")
    before = AuditEntry.objects.count()
    for answer in (client.get(url(case)), decide(client, case), client.post(url(case, "release"))):
        assert answer.status_code == 403
    assert AuditEntry.objects.count() == before
    assert not Decision.objects.exists()


def test_looking_holds_the_claim() -> None:
    client, user, case = held()
    Case.objects.filter(pk=case.pk).update(claimed_until=timezone.now() + timedelta(minutes=1))
    client.get(url(case))
    case.refresh_from_db()
    assert case.claimed_until is not None
    assert case.claimed_until > timezone.now() + timedelta(minutes=19)
    assert case.claimed_by == user


def test_unclaimed_case_can_be_read_not_decided() -> None:
    client, _ = signed_in("senior")
    case = report()
    page = client.get(url(case)).content.decode()
    assert "you numpty" in page
    assert 'id="desk-decision"' not in page
    assert "Claim the case to decide it." in page


def test_decisions_of_other_lanes_are_named_without_their_rule() -> None:
    child = report("minor")
    senior, _, _ = held(child)
    decide(senior, Case.objects.get(pk=child.pk), rule="minors", measure="day")
    client, _ = signed_in("triage")
    page = client.get(url(report("spam", subject=child.subject))).content.decode()
    assert "in another lane" in page
    assert "Keep children safe" not in page


def test_each_report_has_its_own_page() -> None:
    first = report("harassment", line("first words"))
    report("hate", line("second words"), subject=first.subject)
    client, _ = signed_in("senior")
    reference = first.reports.order_by("pk")[0].reference
    page = client.get(url(first), {"report": reference}).content.decode()
    assert "first words" in page
    assert "second words" not in page


def test_suggestion_follows_what_was_imposed_before() -> None:
    case = report("harassment")
    client, _, _ = held(case)
    decide(client, Case.objects.get(pk=case.pk))
    again, _, _ = held(report("harassment", subject=case.subject))
    page = again.get(url(case)).content.decode()
    assert 'data-suggested="cooldown"' in page


# --- Deciding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", list(MEASURES))
def test_each_measure_is_decided(measure: str) -> None:
    client, user, case = held()
    assert decide(client, case, measure=measure)["Location"] == QUEUE
    case.refresh_from_db()
    decision = Decision.objects.get()
    imposed = "day" if measure == "permanent" else measure
    assert (case.status, decision.by, decision.measure) == ("decided", user, imposed)
    assert Request.objects.filter(case=case, by=user).exists() == (measure == "permanent")
    sanctions = Sanction.objects.filter(target="visitor")
    assert sanctions.count() == (measure != "dismiss")
    assert case.reports.get().outcome == ("dismissed" if measure == "dismiss" else "upheld")
    entry = AuditEntry.objects.filter(action="decide").get()
    assert entry.detail["measure"] == imposed
    assert entry.click


def test_deciding_can_go_on_to_the_next_case() -> None:
    client, user, case = held()
    following = report("spam")
    answer = decide(client, case, then="next")
    assert answer["Location"] == url(following)
    assert Case.objects.get(claimed_by=user) == following


def test_dismissal_needs_neither_rule_nor_facts() -> None:
    client, _, case = held()
    answer = decide(client, case, measure="dismiss", rule="", facts="")
    assert answer.status_code == 302


def test_stale_version_is_refused_and_what_was_typed_is_kept() -> None:
    client, _, case = held()
    report("hate", subject=case.subject)
    answer = decide(client, case, facts="Typed with care.")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Changed by automatic. Reload" in page
    assert "Typed with care.</textarea>" in page
    assert not Decision.objects.exists()
    case.refresh_from_db()
    assert f'name="version" value="{case.version}"' in page


def test_case_that_somebody_else_decided_keeps_what_was_typed() -> None:
    client, _, case = held()
    Case.objects.filter(pk=case.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    other, _, taken = held(case)
    decide(other, taken)
    answer = decide(client, case, facts="Typed with care.")
    assert answer.status_code == 409
    assert "Typed with care." in answer.content.decode()
    assert Decision.objects.count() == 1


def test_measure_that_is_not_theirs_changes_nothing() -> None:
    client, _, case = held(role="triage")
    before = AuditEntry.objects.filter(action="decide").count()
    answer = decide(client, case, measure="permanent")
    assert answer.status_code == 403
    assert "You may not impose this." in answer.content.decode()
    case.refresh_from_db()
    assert (case.status, Decision.objects.count()) == ("claimed", 0)
    assert AuditEntry.objects.filter(action="decide").count() == before


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"facts": " "}, "Say what happened"),
        ({"rule": "spam"}, "Choose the rule"),
        ({"measure": "exile"}, "Select a valid choice"),
        ({"version": "x"}, "Version"),
        ({"facts": "x" * 501}, "at most 500"),
    ],
)
def test_decision_that_lacks_something_is_refused(fields: dict[str, str], sentence: str) -> None:
    client, _, case = held()
    answer = decide(client, case, **fields)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Decision.objects.exists()


def test_release_gives_the_case_back() -> None:
    client, _, case = held()
    assert client.post(url(case, "release"))["Location"] == QUEUE
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == ("open", None)
    assert client.post(url(case, "release")).status_code == 409


@pytest.mark.parametrize("what", ["claim", "release"])
def test_looking_changes_nothing(what: str) -> None:
    client, _ = signed_in("senior")
    assert client.get(url(report(), what)).status_code == 405


def test_role_without_measures_looks_and_does_not_claim() -> None:
    client, _ = signed_in("legal")
    case = report()
    assert client.get(url(case)).status_code == 200
    refused = client.post(url(case, "claim"))
    assert refused.status_code == 409
    assert "Your role decides nothing." in refused.content.decode()
    case.refresh_from_db()
    assert case.status == "open"


# --- Legal hold -----------------------------------------------------------------------------------


def hold(client: Client, case: Case, **fields: Any) -> Any:
    reference = Report.objects.get(case=case).reference
    posted = {"report": reference, "hold": "on", "why": "The police asked."}
    return client.post(url(case, "hold"), posted | fields)


def test_evidence_is_held_and_released_with_a_reason() -> None:
    client, user = signed_in("legal")
    case = report()
    assert "Put on legal hold" in client.get(url(case)).content.decode()
    assert hold(client, case).status_code == 302
    assert Evidence.objects.get().on_hold
    assert "Ask to release the legal hold" in client.get(url(case)).content.decode()
    assert hold(client, case).status_code == 409, "it is on hold already"
    assert hold(client, case, hold="off", why="They have it.").status_code == 302
    assert Evidence.objects.get().on_hold, "another has to approve it"
    request_approve(Request.objects.get().pk, by=moderator("legal", "lea"))
    assert not Evidence.objects.get().on_hold
    written = AuditEntry.objects.filter(action__contains="hold").order_by("id")
    assert [(each.actor, each.action, each.detail) for each in written] == [
        (user.get_username(), "hold", {"why": "The police asked."}),
        ("lea", "release-hold", {"why": "They have it.", "by": user.get_username()}),
    ]


@pytest.mark.parametrize("fields", [{"why": " "}, {"why": ""}, {"hold": "maybe"}])
def test_hold_that_lacks_something_is_refused(fields: dict[str, str]) -> None:
    client, _ = signed_in("admin")
    assert hold(client, report(), **fields).status_code == 400
    assert not Evidence.objects.get().on_hold


def test_hold_takes_the_right_to_it() -> None:
    client, _ = signed_in("senior")
    case = report()
    assert "legal hold" not in client.get(url(case)).content.decode()
    assert hold(client, case).status_code == 403
    assert not Evidence.objects.get().on_hold


def test_hold_is_of_evidence_of_that_case() -> None:
    client, _ = signed_in("legal")
    case, other = report(), report()
    reference = Report.objects.get(case=other).reference
    assert hold(client, case, report=reference).status_code == 404
    assert client.get(url(case, "hold")).status_code == 405


# --- Afterwards -----------------------------------------------------------------------------------


def test_decision_is_lifted_with_a_reason() -> None:
    client, _, case = held()
    decide(client, case, measure="day")
    decision = Decision.objects.get()
    page = f"/admin/moderation/decision/{decision.pk}/"
    assert "Lift it because" in client.get(f"{page}change/").content.decode()
    client.post(f"{page}lift/", {"why": " "})
    assert not Sanction.objects.exclude(end=None).exists()
    client.post(f"{page}lift/", {"why": "It was somebody else."})
    assert not Sanction.objects.filter(end=None).exists()
    assert AuditEntry.objects.get(action="lift").detail == {"why": "It was somebody else."}
    assert "Lift it because" not in client.get(f"{page}change/").content.decode()
    assert client.post(f"{page}lift/", {"why": "again"}).status_code == 409


def test_lifting_takes_the_right_to_impose() -> None:
    senior, _, case = held()
    decide(senior, case, measure="week")
    client, _ = signed_in("moderator")
    answer = client.post(
        f"/admin/moderation/decision/{Decision.objects.get().pk}/lift/", {"why": "Please"}
    )
    assert answer.status_code == 403
    assert Sanction.objects.filter(end=None).exists()


def test_lifting_takes_the_right_to_the_lane() -> None:
    from moderation.cases import NotPossible

    client, _, case = held(report("minor"))
    decide(client, case, rule="minors", measure="day")
    decision = Decision.objects.get()
    other, _ = signed_in("moderator")
    page = f"/admin/moderation/decision/{decision.pk}/lift/"
    assert other.post(page, {"why": "Please"}).status_code == 404
    with pytest.raises(NotPossible):
        decision_lift(decision, moderator=moderator("moderator"), why="Please")


@pytest.mark.parametrize("model", ["report", "decision", "sanction", "auditentry"])
def test_records_are_looked_at_and_never_changed(model: str) -> None:
    client, _, case = held()
    decide(client, case, measure="day")
    page = f"/admin/moderation/{model}/"
    assert client.get(page).status_code == 200
    pk = {
        "report": case.reports.get().pk,
        "decision": Decision.objects.get().pk,
        "sanction": Sanction.objects.get(target="visitor").pk,
        "auditentry": AuditEntry.objects.first().pk,  # type: ignore[union-attr]
    }[model]
    assert client.get(f"{page}{pk}/change/").status_code == 200
    assert client.post(f"{page}{pk}/change/", {"note": "x"}).status_code == 403
    assert client.get(f"{page}add/").status_code == 403
    assert client.post(f"{page}{pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"), [("triage", 403), ("moderator", 403), ("senior", 200), ("legal", 200)]
)
def test_audit_log_is_for_some(role: Any, status: int) -> None:
    client, _ = signed_in(role)
    assert client.get("/admin/moderation/auditentry/").status_code == status


def test_records_of_other_lanes_are_not_listed() -> None:
    client, _ = signed_in("triage")
    child, spam = report("minor"), report("spam")
    page = client.get("/admin/moderation/report/").content.decode()
    assert spam.reports.get().reference in page
    assert child.reports.get().reference not in page


def test_index_names_what_staff_use() -> None:
    client, _ = signed_in("senior")
    page = client.get("/admin/").content.decode()
    assert "Omegle moderation" in page
    for name in ("Evidence", "Activities"):
        assert name not in page
