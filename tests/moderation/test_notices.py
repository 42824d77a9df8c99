"""Notices from outside: what is taken, the clock, what is hidden, what a decision does."""

import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from moderation.audit import audit_verify
from moderation.cases import NotPossible, Stale
from moderation.models import AuditEntry, Case, Decision, Evidence, Notice, Report, Still
from moderation.policy import LANE_OF, NOTICE_CHARS, NOTICE_KINDS, NOTICE_REASONS
from moderation.policy.retention import RETENTION
from moderation.policy.roles import Role
from moderation.receipts import notice_path, secret_token
from moderation.selectors.notices import evidence_hidden, notice_queue, report_named
from moderation.services.approvals import request_approve
from moderation.services.cases import case_claim, evidence_hold, evidence_view
from moderation.services.custody import hold_release_ask
from moderation.services.decisions import case_decide
from moderation.services.exports import export_ask
from moderation.services.notices import (
    BadNotice,
    notice_claim,
    notice_decide,
    notice_read,
    notice_release,
    notices_watch,
)
from moderation.services.requests import requests_expire
from moderation.services.stills import still_view
from moderation.services.upkeep import records_purge
from omegle.lib import proof
from omegle.lib.metrics import notices_late
from omegle.lib.ratelimit import Rate
from tests.lib.test_proof import solved, written
from tests.moderation.factories import moderator
from tests.moderation.notices import TEXT, WHY, at, decided, filed, noticed, pictured

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
FILLED = {
    "kind": "threat",
    "text": "Somebody said they would come to my house.",
    "place": "1 May, 20:00 UTC, “Amber Otter”",
    "good_faith": "on",
}


@pytest.fixture(autouse=True)
def _keys(settings: Settings, tmp_path: Path) -> None:
    settings.FRAME_EVIDENCE, settings.EVIDENCE_KEYS = True, (Fernet.generate_key().decode(),)
    settings.RUN_DIR = tmp_path


def send(**fields: Any) -> Any:
    return Client().post("/notice/", FILLED | fields)


def receipt(notice: Notice) -> str:
    return Client().get(notice_path(notice.reference)).content.decode()


# --- The form -------------------------------------------------------------------------------------


def test_notice_without_any_cookie_leads_to_its_receipt() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get("/notice/").status_code == 200
    sent = client.post("/notice/", FILLED)
    assert sent.status_code == 303
    notice = Notice.objects.get()
    assert sent["Location"] == notice_path(notice.reference)
    page = client.get(sent["Location"])
    assert 'data-state="received"' in page.content.decode()
    assert notice.reference in page.content.decode()
    assert not client.cookies
    assert notice.due_at - notice.received_at == 48 * HOUR


@pytest.mark.parametrize(
    ("field", "bad", "sentence"),
    [
        ("kind", "", "Choose what it is about."),
        ("kind", "nonsense", "nonsense is not one of the available choices"),
        ("text", " ", "Say what is wrong, and why."),
        ("text", "x" * 100_000, "Say it in up to 2000 characters."),
        ("text", "a\0b", "Null characters are not allowed."),
        ("place", "", "Say where and when."),
        ("place", "\0", "Null characters are not allowed."),
        ("named", "R" * 301, "at most 300 characters"),
        ("contact", "=cmd()", "Enter a valid email address."),
        ("good_faith", "", "We need this statement"),
    ],
)
def test_bad_field_is_answered_beside_it_and_the_rest_is_kept(
    field: str, bad: str, sentence: str
) -> None:
    sent = send(**{field: bad})
    page = sent.content.decode()
    assert sent.status_code == 400
    assert sentence in page
    assert FILLED["place" if field == "text" else "text"] in page
    assert not Notice.objects.exists()


def test_intimate_picture_needs_who_may_speak_and_a_signature() -> None:
    page = send(kind="intimate").content.decode()
    assert "For an intimate picture we need this statement." in page
    assert "For an intimate picture, sign with your name." in page
    assert send(kind="intimate", may_speak="on", name="A. Otter").status_code == 303


def test_line_breaks_count_as_the_page_counts_them() -> None:
    assert send(text="a\r\n" * (NOTICE_CHARS // 2)).status_code == 303
    assert send(text="a" * (NOTICE_CHARS + 1)).status_code == 400


def test_nothing_of_what_was_written_lies_open(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        send(name="Anna Otter", contact="anna@example.org", named="R-2222-3333")
    notice, said = Notice.objects.get(), ("house", "Amber", "Anna", "anna@", "R-2222-3333")
    entries = " ".join(f"{each.target} {each.detail}" for each in AuditEntry.objects.all())
    for each in said:
        assert each.encode() not in bytes(notice.sealed)
        assert each not in entries + caplog.text + receipt(notice)
    draft = notice_read(notice, moderator=moderator())
    assert (draft.name, draft.contact) == ("Anna Otter", "anna@example.org")


def test_answer_is_the_same_whether_or_not_what_is_named_is_there() -> None:
    there = filed()
    pages = []
    for named in (there.reference, "R-2222-3333", "D-2222-3333", "' OR 1=1 --", ""):
        sent = send(named=named)
        assert sent.status_code == 303
        page = Client().get(sent["Location"]).content.decode()
        pages.append(re.sub(r"N-\w{4}-\w{4}|\d\d?:\d\d|20\d\d-\S+", "…", page))
    assert len(set(pages)) == 1
    assert list(Notice.objects.exclude(report=None).values_list("report", flat=True)) == [there.pk]


@pytest.mark.parametrize("wrong", ["reference", "token", "gone"])
def test_wrong_link_is_always_the_same_404(wrong: str) -> None:
    notice = noticed()
    absent = Client().get(f"/notices/N-0000-0000/{'0' * 32}/")
    reference, token = notice.reference, secret_token(notice.reference)
    if wrong == "reference":
        reference = noticed().reference
    if wrong == "token":
        token = token[:-1] + ("0" if token[-1] != "0" else "1")
    if wrong == "gone":
        notice.delete()
    refused = Client().get(f"/notices/{reference}/{token}/")
    assert (refused.status_code, refused.content) == (404, absent.content)


def test_many_notices_do_a_proof_of_work_and_what_was_typed_is_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "COST", 2)
    monkeypatch.setattr(proof, "ATTEMPTS", (1, 20))
    settings.LIMIT_NOTICES = Rate(1, 600)
    assert send().status_code == 303
    asked = send()
    assert asked.status_code == 428
    assert FILLED["text"] in asked.content.decode()
    payload = written(solved(asked.context["challenge"]))
    assert send(proof=payload).status_code == 303
    assert send(proof=payload).status_code == 428
    assert Notice.objects.count() == 2


def test_mistakes_are_limited_and_no_notice_is_refused_for_them(settings: Settings) -> None:
    settings.LIMIT_ENTER = Rate(2, 60)
    assert [send(place="").status_code for _ in range(3)] == [400, 400, 429]
    assert "Too many requests came from your connection." in send(place="").content.decode()
    assert send().status_code == 303


def test_what_is_written_is_inert_on_the_form() -> None:
    page = send(text="<img src=x onerror=alert(1)>{{ 7|add:7 }}", place="").content.decode()
    assert "<img src=x" not in page
    assert "{{ 7|add:7 }}" in page
    for each in ("<style", " style=", "<script>"):
        assert each not in page


# --- What it names --------------------------------------------------------------------------------


def test_report_is_found_by_its_reference_its_link_or_the_decision_on_it() -> None:
    report = filed()
    senior = moderator()
    assert report.case is not None
    held = case_claim(report.case.pk, moderator=senior)
    decision = case_decide(
        held.pk, moderator=senior, version=held.version, measure="warn", rule="sexual", facts="x"
    )
    link = f"https://example.org/reports/{report.reference}/{'0' * 32}/"
    for text in (report.reference, report.reference.lower(), link, f"see {decision.reference}!"):
        assert report_named(text) == report
    for text in ("", "R-", f"{report.reference}X", f"X{report.reference}", "N-2222-3333"):
        assert report_named(text) is None


def test_every_kind_is_in_a_lane() -> None:
    assert {LANE_OF[NOTICE_REASONS[kind]] for kind in NOTICE_KINDS} == {
        *("child_safety", "imminent_harm", "sexual", "other")
    }


# --- The clock ------------------------------------------------------------------------------------


def test_clock_tells_once_at_36_hours_and_once_at_48(caplog: pytest.LogCaptureFixture) -> None:
    notice = noticed()
    steps = ((35.9, 0, (0, 0)), (36, 1, (1, 0)), (47.9, 0, (1, 0)), (48, 1, (1, 1)))
    for hours, marked, counts in steps:
        with at(notice.received_at + hours * HOUR):
            before = [_told(mark) for mark in ("alerted", "overdue")]
            assert [notices_watch(), notices_watch()] == [marked, 0]
            assert sum(_told(mark) for mark in ("alerted", "overdue")) == sum(before) + marked
        notice.refresh_from_db()
        assert (notice.alerted_at is not None, notice.overdue_at is not None) == tuple(
            map(bool, counts)
        )
    errors = [each for each in caplog.records if each.levelname == "ERROR"]
    assert len(errors) == 2
    assert TEXT not in caplog.text
    actions = AuditEntry.objects.filter(actor="automatic", target=str(notice))
    assert sorted(actions.values_list("action", flat=True)) == ["alerted", "overdue"]


def _told(mark: str) -> float:
    return float(notices_late.labels(mark)._value.get())


def test_clock_leaves_what_is_decided() -> None:
    notice = decided(noticed(age=49 * HOUR), moderator(), "no_action")
    assert notices_watch() == 0
    notice.refresh_from_db()
    assert notice.overdue_at is None


def test_receipt_tells_when_it_is_due_and_that_it_is_late() -> None:
    notice = noticed(age=47 * HOUR)
    assert "If we are late" in receipt(notice)
    Notice.objects.update(received_at=timezone.now() - 49 * HOUR)
    notices_watch()
    assert "We are late." in receipt(notice)


def test_overdue_notice_hides_its_evidence_from_all_but_legal_and_admin() -> None:
    report = pictured()
    evidence = Evidence.objects.select_related("report__case").get(report=report)
    assert report.case is not None
    notice = noticed(named=report.reference, age=49 * HOUR)
    senior = moderator("senior")
    case_claim(report.case.pk, moderator=senior)
    assert still_view(evidence, moderator=senior)
    notices_watch()
    below: tuple[Role, ...] = ("triage", "moderator", "senior")
    for role in below:
        someone = moderator(role)
        assert evidence_hidden(report, someone)
        with pytest.raises(NotPossible, match="Hidden because of a notice"):
            evidence_view(evidence, moderator=someone)
    with pytest.raises(NotPossible, match="Hidden because of a notice"):
        still_view(evidence, moderator=senior)
    for someone in (moderator("legal"), moderator("admin")):
        evidence_view(evidence, moderator=someone)
    decided(notice, senior, "no_action")
    assert still_view(evidence, moderator=senior)
    evidence_view(evidence, moderator=senior)


def test_notice_that_names_nothing_hides_nothing() -> None:
    report = filed()
    noticed(age=49 * HOUR)
    notices_watch()
    assert evidence_hidden(report, moderator()) == ""
    assert Notice.objects.get().overdue_at is not None


# --- Deciding -------------------------------------------------------------------------------------


def test_removed_deletes_the_evidence_with_its_still_and_nothing_else() -> None:
    report, other = pictured(), filed()
    decided(noticed(named=report.reference), moderator(), "removed")
    assert list(Evidence.objects.values_list("report", flat=True)) == [other.pk]
    assert not Still.objects.exists()
    assert Report.objects.count() == 2


def test_legal_hold_keeps_what_is_removed_hidden_until_it_is_released() -> None:
    report, legal, senior = pictured(), moderator("legal"), moderator()
    evidence = Evidence.objects.get(report=report)
    evidence_hold(evidence, moderator=legal, why="asked for")
    notice = decided(noticed(named=report.reference), senior, "removed")
    records_purge()
    assert Still.objects.exists()
    assert evidence_hidden(report, senior)
    assert AuditEntry.objects.get(action="decide", target=str(notice)).detail["kept"]
    asked = hold_release_ask(evidence, by=legal, why="over")
    request_approve(asked.pk, by=moderator("legal"))
    assert evidence_hidden(report, senior)
    assert records_purge()["still"] == 1
    assert not Evidence.objects.exists()
    assert Case.objects.exists()


@pytest.mark.parametrize("is_approved", [False, True])
def test_export_keeps_what_is_removed_hidden_until_it_was_fetched_or_is_over(
    is_approved: bool,
) -> None:
    report, legal, senior = pictured(), moderator("legal"), moderator()
    assert report.case is not None
    asked = export_ask(report.case, by=legal, why="The police asked.")
    if is_approved:
        request_approve(asked.pk, by=moderator("legal"))
    decided(noticed(named=report.reference), senior, "removed")
    records_purge()
    assert Still.objects.exists()
    assert evidence_hidden(report, senior)
    with at(timezone.now() + 25 * HOUR):
        requests_expire()
        assert records_purge()["still"] == 1
    assert not Evidence.objects.exists()


def test_measure_opens_a_case_in_the_lane_of_the_kind() -> None:
    report = filed()
    notice = decided(noticed("threat", named=report.reference), moderator(), "measure")
    assert notice.opened is not None
    case = notice.opened.case
    assert case is not None
    assert (case.subject, case.lane, case.status) == (report.subject, "imminent_harm", "open")
    assert "our own checks" not in dict(case.score_parts)
    assert Evidence.objects.get().report == report


def test_measure_opens_the_same_case_again() -> None:
    report, senior = filed(), moderator()
    assert report.case is not None
    held = case_claim(report.case.pk, moderator=senior)
    case_decide(held.pk, moderator=senior, version=held.version, measure="dismiss")
    notice = decided(noticed(named=report.reference), senior, "measure")
    assert notice.opened is not None
    assert notice.opened.case == report.case
    case = case_claim(report.case.pk, moderator=senior)
    decision = case_decide(
        case.pk, moderator=senior, version=case.version, measure="day", rule="sexual", facts="x"
    )
    assert decision.source == Decision.Source.REPORT
    assert not decision.automated_detection


def test_without_a_report_only_no_action_can_be_or_one_is_found() -> None:
    senior, report = moderator(), filed()
    notice = noticed()
    for outcome in ("removed", "measure"):
        with pytest.raises(BadNotice, match="Name the report"):
            decided(notice, senior, outcome)
    with pytest.raises(BadNotice, match="no such report"):
        decided(notice, senior, "removed", named="R-2222-3333")
    assert decided(notice, senior, "removed", named=report.reference).report == report
    assert decided(noticed(), senior, "no_action").report is None


def test_report_in_a_lane_that_is_not_theirs_cannot_be_named() -> None:
    report, senior = filed(), moderator()
    senior.groups.clear()
    for codename in ("decide_notice", "review_other"):
        senior.user_permissions.add(_permission(codename))
    with pytest.raises(BadNotice, match="no such report"):
        decided(noticed("illegal"), senior, "removed", named=report.reference)


def _permission(codename: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.get(codename=codename)


@pytest.mark.parametrize("role", ["triage", "moderator"])
def test_who_has_not_the_right_decides_nothing(role: Any) -> None:
    notice = noticed("illegal")
    with pytest.raises(NotPossible, match="You may not see this"):
        notice_claim(notice.pk, moderator=moderator(role))
    assert not notice_queue(moderator(role)).exists()


def test_child_abuse_needs_its_lane() -> None:
    notice, someone = noticed("child_abuse"), moderator("moderator")
    someone.user_permissions.add(_permission("decide_notice"))
    assert not notice_queue(someone).exists()
    with pytest.raises(NotPossible):
        notice_claim(notice.pk, moderator=someone)
    with pytest.raises(NotPossible):
        notice_read(notice, moderator=someone)
    assert notice_queue(moderator("legal")).get() == notice


def test_notice_is_claimed_by_one_and_given_back() -> None:
    notice, one, other = noticed(), moderator(), moderator()
    held = notice_claim(notice.pk, moderator=one)
    with pytest.raises(NotPossible, match="holds this notice"):
        notice_claim(notice.pk, moderator=other)
    with pytest.raises(NotPossible, match="do not hold"):
        notice_release(notice.pk, moderator=other)
    with pytest.raises(NotPossible, match="holds this notice"):
        notice_decide(
            notice.pk, moderator=other, version=held.version, outcome="no_action", why=WHY
        )
    notice_release(notice.pk, moderator=one)
    with pytest.raises(Stale):
        notice_decide(notice.pk, moderator=one, version=held.version, outcome="no_action", why=WHY)
    with pytest.raises(NotPossible, match="Claim the notice"):
        notice_decide(
            notice.pk, moderator=one, version=held.version + 1, outcome="no_action", why=WHY
        )


@pytest.mark.parametrize("why", [" ", "x" * 1001])
def test_decision_needs_a_reason(why: str) -> None:
    with pytest.raises(BadNotice):
        decided(noticed(), moderator(), "no_action", why=why)
    assert Notice.objects.get().outcome == ""


def test_decided_notice_stays_as_it_is() -> None:
    notice, senior = decided(noticed(), moderator(), "no_action"), moderator()
    with pytest.raises(NotPossible, match="It is decided"):
        notice_claim(notice.pk, moderator=senior)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.update(why="")


@pytest.mark.parametrize(
    ("outcome", "told"),
    [("removed", "We removed it"), ("measure", "We act on it"), ("no_action", "No action")],
)
def test_receipt_tells_the_decision_its_reason_and_where_to_complain(
    outcome: str, told: str
) -> None:
    notice = decided(
        noticed(named=filed().reference), moderator(), outcome, why="<b>Because</b> of it."
    )
    page = receipt(notice)
    for each in (told, "&lt;b&gt;Because&lt;/b&gt; of it.", "Digital Services Coordinator"):
        assert each in page
    for report in Report.objects.all():
        assert report.reference not in page


def test_audit_log_has_all_of_it_and_holds() -> None:
    senior = moderator()
    notice = noticed(named=filed().reference)
    notice_read(notice, moderator=senior)
    decided(notice, senior)
    entries = AuditEntry.objects.filter(target=str(notice)).order_by("pk")
    assert list(entries.values_list("actor", "action")) == [
        ("outside", "notice"),
        *((senior.username, action) for action in ("view", "claim", "decide")),
    ]
    assert audit_verify() == []


# --- Keeping --------------------------------------------------------------------------------------


def test_notice_is_deleted_180_days_after_its_decision() -> None:
    kept = RETENTION["notice"]
    assert kept == timedelta(days=180)
    for named in ("", filed().reference):
        decided(noticed(named=named), moderator(), "no_action")
    noticed()
    with at(timezone.now() + kept - HOUR):
        assert records_purge(dry_run=True)["notice"] == 0
    with at(timezone.now() + kept + HOUR):
        assert records_purge()["notice"] == 2
    assert Notice.objects.get().outcome == ""


def test_notice_stays_while_a_legal_hold_keeps_what_it_hides() -> None:
    report = filed()
    evidence_hold(Evidence.objects.get(), moderator=moderator("legal"), why="asked for")
    decided(noticed(named=report.reference), moderator(), "removed")
    with at(timezone.now() + timedelta(days=400)):
        assert records_purge()["notice"] == 0
    assert evidence_hidden(report, moderator())
