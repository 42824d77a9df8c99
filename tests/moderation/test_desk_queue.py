"""The queue: what is in it, for whom, in which order, and what it costs."""

import re
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.models import AuditEntry, Case
from moderation.policy import CLAIM
from moderation.policy.roles import Role
from moderation.services.cases import case_claim, claims_expire
from omegle.lib.redis import sync_client
from tests.moderation.factories import CaseFactory, bare_case, bare_report, moderator, report
from tests.moderation.staff import signed_in

pytestmark = pytest.mark.django_db

QUEUE = "/admin/moderation/case/"


def shown(client: Client, query: str = "") -> list[int]:
    page = client.get(QUEUE + query)
    assert page.status_code == 200
    return [int(pk) for pk in re.findall(r'class="desk-case" href="(\d+)/', page.content.decode())]


def test_most_urgent_is_first() -> None:
    client, _ = signed_in("senior")
    spam, harm, child = report("spam"), report("violence"), report("minor")
    assert shown(client) == [child.pk, harm.pk, spam.pk]


def test_somebody_who_is_online_comes_first_of_equals_and_is_marked() -> None:
    client, _ = signed_in("senior")
    first, second = bare_case(), bare_case()
    now = int(time.time())
    sync_client().zadd("subjects:online", {second.subject: now + 40})
    assert shown(client) == [second.pk, first.pk]
    page = client.get(QUEUE).content.decode()
    assert page.count("desk-online") == 1
    assert "online now: 100" in page


def test_lanes_are_those_of_the_role() -> None:
    client, _ = signed_in("triage")
    child, spam = report("minor"), report("spam")
    assert shown(client) == [spam.pk]
    page = client.get(QUEUE).content.decode()
    assert "Child safety" not in page
    assert shown(client, f"?lane={child.lane}") == [spam.pk]


@pytest.mark.parametrize(("role", "is_offered"), [("legal", False), ("triage", True)])
def test_case_is_offered_to_whoever_may_decide_one(role: Role, is_offered: bool) -> None:
    client, _ = signed_in(role)
    case = report("spam")
    for path in (QUEUE, f"{QUEUE}{case.pk}/change/"):
        page = client.get(path).content.decode()
        assert ("desk-next" in page) == is_offered
        assert ("<kbd>n</kbd>" in page) == is_offered
        assert (f"{case.pk}/claim/" in page) == is_offered
    assert shown(client) == [case.pk], "whoever decides nothing looks all the same"


def test_tab_shows_one_lane_and_counts_all() -> None:
    client, _ = signed_in("senior")
    report("spam")
    hate = report("hate")
    assert shown(client, "?lane=harassment") == [hate.pk]
    page = client.get(QUEUE).content.decode()
    assert '<b data-count="">2</b>' in page
    assert '<b data-count="spam">1</b>' in page


def test_case_others_hold_is_hidden_until_their_claim_runs_out() -> None:
    client, me = signed_in("senior")
    held, mine = report(), report()
    case_claim(held.pk, moderator=moderator())
    case_claim(mine.pk, moderator=me)
    assert shown(client) == [mine.pk]
    assert "yours, 19 min left" in client.get(QUEUE).content.decode()
    Case.objects.filter(pk=held.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert set(shown(client)) == {held.pk, mine.pk}
    assert claims_expire() == 1
    held.refresh_from_db()
    assert (held.status, held.claimed_by) == ("open", None)


def test_empty_queue_says_so() -> None:
    client, _ = signed_in("senior")
    assert "Nothing waits here." in client.get(QUEUE).content.decode()


def test_reference_leads_to_its_case() -> None:
    client, _ = signed_in("senior")
    case = report("spam")
    reference = case.reports.get().reference
    answer = client.get(QUEUE, {"q": f" {reference.lower()} "})
    assert answer["Location"] == f"{QUEUE}{case.pk}/change/"


def test_reference_of_a_lane_that_is_not_theirs_is_not_found() -> None:
    client, _ = signed_in("triage")
    reference = report("minor").reports.get().reference
    answer = client.get(QUEUE, {"q": reference})
    assert answer.status_code == 200
    assert "No case you may see" in answer.content.decode()


def test_next_claims_the_most_urgent() -> None:
    client, me = signed_in("senior")
    report("spam")
    child = report("minor")
    assert client.post(f"{QUEUE}next/")["Location"] == f"{QUEUE}{child.pk}/change/"
    child.refresh_from_db()
    assert child.claimed_by == me


def test_next_of_a_lane_stays_in_it() -> None:
    client, _ = signed_in("senior")
    spam = report("spam")
    report("minor")
    answer = client.post(f"{QUEUE}next/", {"lane": "spam"})
    assert answer["Location"] == f"{QUEUE}{spam.pk}/change/"


def test_next_without_cases_comes_back_to_the_queue() -> None:
    client, _ = signed_in("senior")
    assert client.post(f"{QUEUE}next/")["Location"] == QUEUE


def test_claiming_gives_back_what_one_held() -> None:
    client, me = signed_in("senior")
    first, second = report(), report()
    case_claim(first.pk, moderator=me)
    client.post(f"{QUEUE}{second.pk}/claim/")
    assert list(Case.objects.filter(claimed_by=me)) == [second]


def test_claim_of_a_case_others_hold_is_refused() -> None:
    client, _ = signed_in("senior")
    case = report()
    case_claim(case.pk, moderator=moderator(name="ada"))
    answer = client.post(f"{QUEUE}{case.pk}/claim/")
    assert answer.status_code == 409
    assert "ada holds this case." in answer.content.decode()


def test_claim_of_ones_own_case_holds_on() -> None:
    client, me = signed_in("senior")
    case = case_claim(report().pk, moderator=me)
    assert client.post(f"{QUEUE}{case.pk}/claim/").status_code == 302
    case.refresh_from_db()
    assert case.claimed_by == me


def test_claim_in_a_lane_that_is_not_theirs_changes_nothing() -> None:
    client, _ = signed_in("triage")
    case = report("minor")
    before = AuditEntry.objects.count()
    assert client.post(f"{QUEUE}{case.pk}/claim/").status_code == 403
    case.refresh_from_db()
    assert (case.status, case.version) == ("open", 2)
    assert AuditEntry.objects.count() == before


def test_desk_is_for_staff_with_a_second_factor() -> None:
    assert Client().get(QUEUE)["Location"].startswith("/admin/login/")


def _many(count: int) -> None:
    cases = CaseFactory.build_batch(count)
    Case.objects.bulk_create(cases)
    for case in cases:
        bare_report(case=case)


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(QUEUE).status_code == 200
    return len(queries)


def test_number_of_queries_does_not_grow_with_the_queue() -> None:
    client, _ = signed_in("senior")
    _many(10)
    client.get(QUEUE)
    few = _queries(client)
    _many(490)
    assert _queries(client) == few
    page = client.get(QUEUE).content.decode()
    assert page.count('class="desk-case"') == 100
    assert "and 400 more" in page
    took = []
    for _ in range(5):
        began = time.perf_counter()
        client.get(QUEUE)
        took.append(time.perf_counter() - began)
    print(f"queue of 500: {few} queries, {sorted(took)[2] * 1000:.0f} ms")
    # The median is told; the bound is for a machine that does other things too.
    assert min(took) < 0.2


@pytest.mark.parametrize("sought", ["R-\0", "\0", "R-" * 500, "ä"])
def test_search_for_what_is_no_reference_finds_nothing(sought: str) -> None:
    client, _ = signed_in("senior")
    case = report()
    page = client.get(QUEUE, {"q": sought})
    assert page.status_code == 200
    assert f'href="{case.pk}/' in page.content.decode()


def test_claim_that_is_being_decided_is_not_taken_for_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        case_claim(report().pk, moderator=moderator())
    later = timezone.now() + CLAIM + timedelta(seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    with CaptureQueriesContext(connection) as queries:
        assert claims_expire() == 3
    [locking] = [each["sql"] for each in queries if 'claimed_until" <=' in each["sql"]]
    assert 'ORDER BY "moderation_case"."id"' in locking
    assert connection.vendor != "postgresql" or "SKIP LOCKED" in locking
