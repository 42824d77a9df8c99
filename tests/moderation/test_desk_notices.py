"""The desk's pages of notices: the queue, what is seen, how one is decided."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from moderation.models import AuditEntry, Evidence, Notice, Report
from moderation.services.notices import notice_claim, notices_watch
from moderation.services.shifts import lanes_opt_out
from tests.moderation.notices import WHY, filed, noticed, pictured
from tests.moderation.staff import counted, signed_in

pytestmark = pytest.mark.django_db

QUEUE = "/admin/moderation/notice/"
CASES = "/admin/moderation/case/"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _keys(settings: Settings, tmp_path: Path) -> None:
    settings.FRAME_EVIDENCE, settings.EVIDENCE_KEYS = True, (Fernet.generate_key().decode(),)
    settings.RUN_DIR = tmp_path


def url(notice: Notice, what: str = "change") -> str:
    return f"{QUEUE}{notice.pk}/{what}/"


def held(role: Any = "senior", **fields: Any) -> tuple[Client, User, Notice]:
    client, user = signed_in(role)
    return client, user, notice_claim(noticed(**fields).pk, moderator=user)


def answer(client: Client, notice: Notice, **fields: Any) -> Any:
    notice.refresh_from_db()
    return client.post(
        url(notice), {"version": notice.version, "outcome": "no_action", "why": WHY} | fields
    )


def test_queue_begins_with_the_least_time_left() -> None:
    client, _ = signed_in("legal")
    late, early = noticed(), noticed("child_abuse", age=5 * HOUR)
    page = client.get(QUEUE).content.decode()
    assert page.index(early.reference) < page.index(late.reference)
    assert "42 h" in page
    assert "47 h" in page
    assert page.count("Claim<") == 2


@pytest.mark.parametrize("role", ["triage", "moderator"])
def test_who_has_not_the_right_sees_nothing_of_it(role: Any) -> None:
    client, _ = signed_in(role)
    notice = noticed("illegal", age=49 * HOUR)
    notices_watch()
    for address in (QUEUE, url(notice)):
        assert client.get(address).status_code == 403
    for address in (url(notice, "claim"), url(notice, "release")):
        assert client.post(address).status_code == 403
    assert "otice" not in client.get(CASES).content.decode()


def test_queue_of_cases_tells_what_waits_and_loudly_what_is_late() -> None:
    client, _ = signed_in("senior")
    assert "Notices" not in counted(client.get(CASES))
    noticed()
    assert counted(client.get(CASES))["Notices"] == 1
    assert "is-late" not in client.get(CASES).content.decode()
    noticed(age=37 * HOUR)
    notices_watch()
    for address in (CASES, QUEUE):
        page = client.get(address).content.decode()
        assert 'role="alert"' in page
        assert 'class="is-late"' in page
        assert "1 notice has less than 12 hours left" in page
    noticed(age=49 * HOUR)
    notices_watch()
    assert "1 notice is overdue" in client.get(QUEUE).content.decode()


def test_queue_needs_the_same_few_queries_however_long_it_is(
    django_assert_num_queries: Any,
) -> None:
    client, _ = signed_in("senior")
    noticed(named=filed().reference)
    with CaptureQueriesContext(connection) as few:
        client.get(QUEUE)
    for _ in range(3):
        noticed(named=filed().reference)
    with django_assert_num_queries(len(few)):
        client.get(QUEUE)


def test_page_shows_what_was_said_inertly_and_writes_the_view_down() -> None:
    client, user = signed_in("senior")
    said = "<img src=x onerror=alert(1)>{{ 7|add:7 }}"
    notice = noticed(text=said, place="=cmd()", name="<b>A</b>", contact="a@example.org")
    page = client.get(url(notice)).content.decode()
    for each in ("&lt;img src=x", "{{ 7|add:7 }}", "=cmd()", "&lt;b&gt;A", "a@example.org"):
        assert each in page
    for each in ("<img src=x", "<style", " style=", "<script>"):
        assert each not in page
    assert AuditEntry.objects.get(action="view", actor=user.username).target == str(notice)


def test_text_that_does_not_open_leaves_a_page_on_which_it_can_be_decided(
    settings: Settings,
) -> None:
    client, _, notice = held()
    settings.EVIDENCE_KEYS = (Fernet.generate_key().decode(),)
    assert "It cannot be opened" in client.get(url(notice)).content.decode()
    assert answer(client, notice).status_code == 302


def test_claim_then_remove_and_both_pages_tell() -> None:
    client, user = signed_in("legal")
    report = pictured()
    notice = noticed(named=report.reference)
    assert client.post(url(notice, "claim")).status_code == 302
    page = client.get(url(notice)).content.decode()
    assert "are deleted for good" in page
    assert f"{CASES}{report.case_id}/change/?report={report}" in page
    assert answer(client, notice, outcome="removed").status_code == 302
    notice.refresh_from_db()
    assert (notice.outcome, notice.decided_by) == ("removed", user)
    assert not Evidence.objects.exists()
    assert WHY in client.get(url(notice)).content.decode()
    assert "Hidden because" not in client.get(f"{CASES}{report.case_id}/change/").content.decode()
    client, _ = signed_in("senior")
    assert "Hidden because" in client.get(f"{CASES}{report.case_id}/change/").content.decode()


def test_case_page_hides_what_an_overdue_notice_is_about() -> None:
    report = pictured()
    noticed(named=report.reference, age=49 * HOUR)
    notices_watch()
    address = f"{CASES}{report.case_id}/change/"
    client, _ = signed_in("senior")
    page = client.get(address).content.decode()
    assert "Hidden because of a notice from outside" in page
    assert "you numpty" not in page
    assert "desk-still" not in page
    assert client.get(f"{CASES}{report.case_id}/still/{report}/").status_code == 403
    assert not AuditEntry.objects.filter(action="view", target__startswith="evidence").exists()
    client, _ = signed_in("admin")
    assert "you numpty" in client.get(address).content.decode()


def test_case_that_a_notice_opened_leads_to_the_notice_and_to_the_report() -> None:
    client, _, notice = held(kind="threat", named=filed().reference)
    assert answer(client, notice, outcome="measure").status_code == 302
    notice.refresh_from_db()
    assert notice.opened is not None
    assert f"case {notice.opened.case_id}</a>" in client.get(url(notice)).content.decode()
    page = client.get(f"{CASES}{notice.opened.case_id}/change/").content.decode()
    assert "a notice from outside" in page
    assert url(notice) in page
    assert str(notice.report) in page
    assert "a notice from outside" in client.get(CASES).content.decode()
    client, _ = signed_in("moderator")
    page = client.get(f"{CASES}{notice.opened.case_id}/change/").content.decode()
    assert url(notice) not in page
    assert "a notice from outside" in page


def test_report_is_named_where_the_notice_names_none() -> None:
    client, _, notice = held()
    refused = answer(client, notice, outcome="removed")
    assert refused.status_code == 400
    assert "Name the report" in refused.content.decode()
    assert WHY in refused.content.decode()
    named = filed().reference
    assert answer(client, notice, outcome="removed", named=named).status_code == 302
    assert not Evidence.objects.exists()


def test_stale_version_is_refused_and_what_was_written_is_kept() -> None:
    client, _, notice = held()
    refused = answer(client, notice, version=notice.version - 1)
    assert refused.status_code == 409
    assert "It has changed since you saw it" in refused.content.decode()
    assert WHY in refused.content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"outcome": ""}, "Choose what is to be done."),
        ({"outcome": "granted"}, "Select a valid choice"),
        ({"why": ""}, "Say why"),
        ({"why": "x" * 1001}, "at most 1000 characters"),
        ({"why": "a\0b"}, "Null characters"),
    ],
)
def test_bad_answer_changes_nothing(fields: dict[str, str], sentence: str) -> None:
    client, _, notice = held()
    refused = answer(client, notice, **fields)
    assert refused.status_code == 400
    assert sentence in refused.content.decode()
    notice.refresh_from_db()
    assert notice.outcome == ""


def test_child_abuse_is_for_its_lane_alone() -> None:
    client, user = signed_in("senior")
    notice = noticed("child_abuse")
    assert client.get(url(notice)).status_code == 200
    group = user.groups.get()
    group.permissions.remove(group.permissions.get(codename="review_child_safety"))
    assert client.get(url(notice)).status_code == 403
    assert notice.reference not in client.get(QUEUE).content.decode()


def test_reports_of_notices_are_named_so_in_the_list_of_reports() -> None:
    client, _, notice = held(kind="threat", named=filed().reference)
    answer(client, notice, outcome="measure")
    opened = Report.objects.get(source="notice")
    page = client.get(f"/admin/moderation/report/{opened.pk}/change/").content.decode()
    assert "a notice from outside" in page


def test_lane_left_out_is_in_no_queue_or_count_and_opens_with_a_sentence() -> None:
    client, user = signed_in("senior")
    notice, other = noticed("threat"), noticed("illegal")
    lanes_opt_out(moderator=user, lanes=["imminent_harm"])
    assert [row.notice for row in client.get(QUEUE).context["rows"]] == [other]
    assert counted(client.get(CASES))["Notices"] == 1
    for response in (client.get(url(notice)), client.post(url(notice, "claim"))):
        assert response.status_code == 403
        assert "You chose not to see this lane." in response.content.decode()


def test_notice_that_somebody_holds_stays_theirs_when_they_leave_its_lane_out() -> None:
    client, user = signed_in("senior")
    notice = noticed("threat")
    notice_claim(notice.pk, moderator=user)
    lanes_opt_out(moderator=user, lanes=["imminent_harm"])
    assert client.get(url(notice)).status_code == 200
