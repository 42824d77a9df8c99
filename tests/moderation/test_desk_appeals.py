"""The desk's pages of appeals: the queue, what is seen, how an answer is given or refused."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from moderation.models import Appeal, AuditEntry
from moderation.selectors.bans import visitor_bans
from moderation.services.appeals import appeal_claim, appeal_make
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from tests.moderation.factories import line, moderator, report
from tests.moderation.staff import counted, signed_in

pytestmark = pytest.mark.django_db

QUEUE = "/admin/moderation/appeal/"
WHY = "We read it again: it was a joke."


def url(appeal: Appeal, what: str = "change") -> str:
    return f"{QUEUE}{appeal.pk}/{what}/"


def appealed(by: User | None = None, reason: Any = "harassment", text: str = "A joke.") -> Appeal:
    case = report(reason, line("you numpty"))
    by = by or moderator("senior")
    held = case_claim(case.pk, moderator=by)
    rule = "minors" if reason == "minor" else "harassment"
    decision = case_decide(
        held.pk, moderator=by, version=held.version, measure="day", rule=rule, facts="x"
    )
    return appeal_make(decision, text=text)


def answer(client: Client, appeal: Appeal, **fields: Any) -> Any:
    appeal.refresh_from_db()
    posted = {"version": appeal.version, "outcome": "granted", "why": WHY}
    return client.post(url(appeal), posted | fields)


def held(role: Any = "senior") -> tuple[Client, User, Appeal]:
    client, user = signed_in(role)
    return client, user, appeal_claim(appealed().pk, moderator=user)


def test_queue_says_who_decided_and_who_has_waited_longest_comes_first() -> None:
    client, _ = signed_in("senior")
    first, second = appealed(moderator("senior", "sam")), appealed()
    page = client.get(QUEUE).content.decode()
    assert page.index(str(first.decision)) < page.index(str(second.decision))
    assert "sam" in page


def test_every_page_counts_those_that_wait() -> None:
    client, _ = signed_in("senior")
    assert "Appeals" not in counted(client.get("/admin/moderation/case/"))
    appealed()
    for address in ("/admin/moderation/case/", "/admin/moderation/decision/", "/admin/"):
        assert counted(client.get(address))["Appeals"] == 1


def test_page_shows_appeal_decision_and_evidence_and_writes_both_views_down() -> None:
    client, user = signed_in("senior")
    appeal = appealed(text="<b>A joke</b>")
    page = client.get(url(appeal)).content.decode()
    assert "&lt;b&gt;A joke&lt;/b&gt;" in page
    assert "you numpty" in page
    assert "Ban, 1 day" in page
    views = AuditEntry.objects.filter(action="view", actor=user.username)
    assert {entry.target.partition(" ")[0] for entry in views} == {"appeal", "evidence"}
    for each in ("<style", " style=", "<script>"):
        assert each not in page


def test_page_of_the_decision_leads_to_its_appeal() -> None:
    client, _ = signed_in("senior")
    appeal = appealed()
    page = client.get(f"/admin/moderation/decision/{appeal.decision.pk}/change/")
    assert url(appeal) in page.content.decode()
    client, _ = signed_in("triage")
    page = client.get(f"/admin/moderation/decision/{appeal.decision.pk}/change/")
    assert page.status_code == 200
    assert url(appeal) not in page.content.decode()


def test_queue_needs_the_same_few_queries_however_long_it_is(
    django_assert_num_queries: Any,
) -> None:
    client, _ = signed_in("senior")
    appealed()
    with CaptureQueriesContext(connection) as few:
        client.get(QUEUE)
    for _ in range(3):
        appealed()
    with django_assert_num_queries(len(few)):
        client.get(QUEUE)


def test_urgent_conversation_is_covered_here_too() -> None:
    client, _ = signed_in("senior")
    assert "is-coverable" in client.get(url(appealed(reason="minor"))).content.decode()


def test_what_was_reported_later_is_not_shown() -> None:
    client, _ = signed_in("senior")
    appeal = appealed()
    report("harassment", line("something else"), subject=appeal.decision.subject)
    assert "something else" not in client.get(url(appeal)).content.decode()


def test_claim_then_grant_lets_the_person_in() -> None:
    client, user = signed_in("senior")
    appeal = appealed()
    assert client.post(url(appeal, "claim")).status_code == 302
    assert "Grant: it is taken back at once" in client.get(url(appeal)).content.decode()
    assert answer(client, appeal).status_code == 302
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.decided_by) == ("granted", user)
    assert visitor_bans() == {}
    page = client.get(url(appeal)).content.decode()
    assert "Granted by" in page
    assert WHY in page


def test_author_reads_why_they_cannot_answer() -> None:
    client, user = signed_in("senior")
    appeal = appealed(user)
    page = client.get(url(appeal)).content.decode()
    assert "You took this decision: somebody else has to answer." in page
    assert 'value="granted"' not in page
    for refused in (client.post(url(appeal, "claim")), answer(client, appeal)):
        assert refused.status_code == 409
        assert "You took this decision" in refused.content.decode()
    assert visitor_bans()


def test_stale_version_is_refused_and_what_was_written_is_kept() -> None:
    client, _, appeal = held()
    refused = answer(client, appeal, version=appeal.version - 1)
    assert refused.status_code == 409
    assert WHY in refused.content.decode()
    assert visitor_bans()


@pytest.mark.parametrize(
    "fields", [{"outcome": ""}, {"outcome": "lifted"}, {"why": " "}, {"why": "x" * 501}]
)
def test_answer_that_lacks_something_is_refused(fields: dict[str, str]) -> None:
    client, _, appeal = held()
    assert answer(client, appeal, **fields).status_code == 400
    appeal.refresh_from_db()
    assert appeal.outcome == ""


def test_sent_twice_the_second_one_is_told() -> None:
    client, _, appeal = held()
    version = appeal.version
    assert answer(client, appeal, version=version).status_code == 302
    again = answer(client, appeal, version=version)
    assert again.status_code == 409


def test_give_back_leaves_it_to_others() -> None:
    client, _, appeal = held()
    assert client.post(url(appeal, "release")).status_code == 302
    assert client.post(url(appeal, "release")).status_code == 409
    appeal.refresh_from_db()
    assert appeal.claimed_by is None


def test_lane_and_role_that_may_not() -> None:
    appeal = appealed(reason="minor")
    client, _ = signed_in("moderator")
    for what in ("change", "claim", "release"):
        assert client.post(url(appeal, what)).status_code == 403
    assert client.get(url(appeal)).status_code == 403
    for role in ("triage", "legal"):
        client, _ = signed_in(role)
        assert client.get(QUEUE).status_code == 403
        assert client.get(url(appeal)).status_code == 403


def test_nobody_adds_or_deletes_one() -> None:
    client, _ = signed_in("superuser")
    assert client.get(f"{QUEUE}add/").status_code == 403
    assert client.get(url(appealed(), "delete")).status_code == 404
