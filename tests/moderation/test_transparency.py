"""The transparency report: what it counts, what it hides, how it is asked for."""

import csv
import json
import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from moderation.figures import Period
from moderation.models import Case, Decision, Evidence, Report
from moderation.policy import REASONS, Measure
from moderation.services.approvals import request_approve
from moderation.services.cases import case_claim, evidence_hold
from moderation.services.custody import hold_release_ask
from moderation.services.decisions import case_decide, decision_lift
from moderation.suppression import FEW, WITHHELD
from moderation.transparency import report_csv, report_of, report_plain, reports_public
from tests.moderation.factories import bare_report, moderator, report
from tests.moderation.notices import at as at_moment
from tests.moderation.notices import decided as answered
from tests.moderation.notices import noticed

pytestmark = pytest.mark.django_db

MAY = Period(date(2026, 5, 1), date(2026, 5, 31))


@pytest.fixture(autouse=True)
def _nothing_is_cached(redis_db: Any) -> None:
    """Begin with an empty Redis, which is the cache too."""


@pytest.fixture
def may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the tenth of May."""
    at = datetime(2026, 5, 10, 12, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)


def figures(period: Period = MAY) -> dict[str, Any]:
    """Give every figure of the report by its key."""
    return {row.key: row.told for section in report_of(period).sections for row in section.rows}


def decided(measure: Measure, number: int = 1, **fields: Any) -> list[Decision]:
    """Have so many cases decided."""
    somebody = moderator()
    made = []
    for _ in range(number):
        case = case_claim(report(**fields).pk, moderator=somebody)
        made.append(
            case_decide(
                case.pk,
                moderator=somebody,
                version=case.version,
                measure=measure,
                rule="harassment",
                facts="You insulted a stranger.",
            )
        )
    return made


# --- What is counted ------------------------------------------------------------------------------


@pytest.mark.usefixtures("may")
def test_reports_are_counted_by_reason_and_by_who_made_them() -> None:
    now = timezone.now()
    for _ in range(6):
        bare_report(reason="spam", created_at=now)
        bare_report(reason="hate", created_at=now)
    for _ in range(7):
        bare_report(reporter="", source="automatic", reason="spam", created_at=now)
    told = figures()
    assert (told["notices"], told["reason-spam"], told["reason-hate"]) == (12, 6, 6)
    assert (told["reason-minor"], told["own"]) == (0, 7)


@pytest.mark.usefixtures("may")
def test_decisions_are_counted_by_measure_rule_and_outcome() -> None:
    decided("warn", 6)
    decided("day", 9)
    decided("dismiss", 5)
    told = figures()
    assert (told["decisions"], told["dismissals"], told["restrictions"]) == (20, 5, 15)
    assert (told["measure-warn"], told["measure-day"]) == (6, 9)
    assert told["rule-harassment"] == 15
    assert (told["outcome-upheld"], told["outcome-dismissed"]) == (15, 5)
    assert told["upheld-share"] == "75 %"
    assert (told["automated"], told["automated-share"]) == (0, "0 %")


@pytest.mark.usefixtures("may")
def test_what_automation_did_and_a_person_confirmed_is_no_reversal() -> None:
    """Of six cool-downs of automation five are replaced by a ban and one by a dismissal."""
    somebody = moderator()
    for number in range(10):
        case = _reported_thrice()
        case = case_claim(case.pk, moderator=somebody)
        measure: Measure = "dismiss" if number < 5 else "day"
        case_decide(
            case.pk,
            moderator=somebody,
            version=case.version,
            measure=measure,
            rule="harassment",
            facts="You insulted a stranger.",
        )
    told = figures()
    assert told["automated"] == 10
    assert told["automated-share"] == "50 %"
    assert told["reversed"] == 5
    assert told["reversed-share"] == "33 %"


def _reported_thrice() -> Case:
    subject = report().subject
    report(subject=subject)
    return report(subject=subject)


@pytest.mark.usefixtures("may")
def test_liftings_are_reversals() -> None:
    for decision in decided("warn", 12)[:6]:
        decision_lift(decision, moderator=moderator(), why="It was somebody else.")
    told = figures()
    assert (told["reversed"], told["reversed-share"]) == (6, "50 %")


@pytest.mark.usefixtures("may")
def test_legal_holds_are_counted_when_they_were_set() -> None:
    legal, other = moderator("legal"), moderator("legal")
    for _ in range(5):
        report()
    for evidence in Evidence.objects.all():
        evidence_hold(evidence, moderator=legal, why="Asked for.")
        asked = hold_release_ask(evidence, by=legal, why="No longer.")
        request_approve(asked.pk, by=other)
    assert figures()["holds"] == 5


def test_days_are_whole_and_both_ends_belong() -> None:
    edges = [
        datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC),
        *[datetime(2026, 5, 1, tzinfo=UTC)] * 5,
        *[datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC)] * 5,
        datetime(2026, 6, 1, tzinfo=UTC),
    ]
    for at in edges:
        bare_report(created_at=at)
    assert figures()["notices"] == 10


def test_median_is_of_five_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 5, 10, 12, tzinfo=UTC)
    somebody = moderator()
    for number in range(5):
        monkeypatch.setattr("django.utils.timezone.now", lambda: start)
        case = report()
        assert figures()["median-hours"] is None
        monkeypatch.setattr(
            "django.utils.timezone.now", lambda number=number: start + timedelta(hours=number + 1)
        )
        case = case_claim(case.pk, moderator=somebody)
        case_decide(case.pk, moderator=somebody, version=case.version, measure="dismiss")
    assert figures()["median-hours"] == "3.0"


# --- What is hidden -------------------------------------------------------------------------------


@pytest.mark.usefixtures("may")
def test_few_are_hidden_and_cannot_be_worked_out() -> None:
    decided("warn", 8)
    decided("day", 3)
    told = figures()
    assert told["measure-day"] == FEW
    assert WITHHELD in (told["measure-warn"], told["restrictions"])
    assert not any(isinstance(each, int) and 0 < each < 5 for each in told.values())


@pytest.mark.usefixtures("may")
def test_share_is_not_told_where_its_count_is_not() -> None:
    decided("warn", 20)
    for _ in range(2):
        _reported_thrice()
    told = figures()
    assert told["automated"] == FEW
    assert told["automated-share"] is None


def test_days_of_which_reports_are_deleted_say_so() -> None:
    assert any(
        "180 days" in note for note in report_of(Period(date(2020, 1, 1), date(2020, 2, 1))).notes
    )
    yesterday = timezone.now().date() - timedelta(days=1)
    assert not any("180" in note for note in report_of(Period(yesterday, yesterday)).notes)


# --- Formats --------------------------------------------------------------------------------------


def asked(*options: str) -> str:
    out = StringIO()
    call_command(
        "transparency_report", "--from", "2026-05-01", "--to", "2026-05-31", *options, stdout=out
    )
    return out.getvalue()


@pytest.mark.usefixtures("may")
def test_formats_have_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    decided("warn", 6)
    bare_report(reason="spam")
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 6, 2, tzinfo=UTC))
    told = figures()
    plain = json.loads(asked())
    assert (plain["from"], plain["to"]) == ("2026-05-01", "2026-05-31")
    assert {row["key"]: row["value"] for each in plain["sections"] for row in each["rows"]} == told
    rows = list(csv.DictReader(StringIO(asked("--format", "csv"))))
    assert {row["figure"]: row["value"] for row in rows} == {
        key: "" if value is None else str(value) for key, value in told.items()
    }
    page = asked("--format", "html")
    assert page.startswith("<!DOCTYPE html>")
    assert page.count('<th scope="row">') == len(told)
    assert "&lt;5" in page


def test_csv_is_no_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REASONS, "other", "=cmd|/c calc")
    lines = list(csv.reader(StringIO(report_csv(report_of(MAY)))))
    assert [line[4] for line in lines if line[3] == "reason-other"] == ["'=cmd|/c calc"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"from": "2026-05-01", "to": ""}, "--to is missing"),
        ({"from": "May", "to": "2026-05-02"}, "--from is no day"),
        ({"from": "2026-05-01", "to": "2026-02-30"}, "--to is no day"),
        ({"from": "2026-05-02", "to": "2026-05-01"}, "--from is after --to"),
        ({"from": "2026-05-01", "to": "2999-01-01"}, "not over yet"),
    ],
)
def test_bad_days_are_refused_in_one_line(options: dict[str, str], says: str) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match=says) as refused:
        call_command("transparency_report", **options, stdout=out)
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)
    assert out.getvalue() == ""


def test_today_is_not_over(monkeypatch: pytest.MonkeyPatch) -> None:
    today = timezone.now().date().isoformat()
    with pytest.raises(CommandError, match="not over yet"):
        call_command("transparency_report", **{"from": today, "to": today})


# --- The public page ------------------------------------------------------------------------------


def test_page_shows_the_last_complete_months(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 3, 31, 12, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    for _ in range(6):
        bare_report(created_at=datetime(2026, 2, 28, 23, tzinfo=UTC))
        bare_report(created_at=at)
    page = client.get("/transparency/").content.decode()
    assert re.findall(r'<th scope="col">(.*?)</th>', page)[:3] == [
        "Feb 2026",
        "Jan 2026",
        "Dec 2025",
    ]
    first = re.search(r"<th scope=\"row\">All</th>(.*?)</tr>", page, re.DOTALL)
    assert first is not None
    assert re.findall(r"<td[^>]*>(\d+)</td>", first[1]) == ["6", "0", "0"]


def test_page_of_an_empty_copy_is_there(client: Client) -> None:
    page = client.get("/transparency/")
    assert page.status_code == 200
    assert "<5" not in page.content.decode()


def test_page_is_counted_once_an_hour(client: Client, django_assert_num_queries: Any) -> None:
    client.get("/transparency/")
    with django_assert_num_queries(0):
        client.get("/transparency/")
    cache.clear()
    assert reports_public() == [report_plain(report_of(each)) for each in _months()]


def _months() -> list[Period]:
    return [
        Period(date.fromisoformat(each["from"]), date.fromisoformat(each["to"]))
        for each in reports_public()
    ]


def test_months_do_not_overlap_and_leave_none_out() -> None:
    months = _months()
    for newer, older in pairwise(months):
        assert older.last + timedelta(days=1) == newer.first
    assert months[0].last < timezone.now().date()
    assert months[0].last + timedelta(days=31) >= timezone.now().date()


@pytest.mark.parametrize("path", ["/rules/", "/terms/", "/transparency/"])
def test_pages_lead_there(client: Client, path: str) -> None:
    assert 'href="/transparency/"' in client.get(path).content.decode()


def test_notices_are_counted_by_kind_and_by_whether_they_were_in_time(
    settings: Settings,
) -> None:
    settings.EVIDENCE_KEYS = (Fernet.generate_key().decode(),)
    senior, now, day = moderator(), timezone.now(), timedelta(days=1)
    for _ in range(6):
        with at_moment(now - 3 * day):
            early = noticed("threat")
        with at_moment(now - 3 * day + timedelta(hours=5)):
            answered(early, senior, "no_action")
    for _ in range(5):
        with at_moment(now - 3 * day):
            late = noticed("intimate")
        answered(late, senior, "no_action")
    for _ in range(7):
        noticed("threat")
    told = figures(Period((now - 4 * day).date(), now.date()))
    assert told["outside"] == 18
    assert (told["outside-threat"], told["outside-intimate"], told["outside-rules"]) == (13, 5, 0)
    assert (told["outside-in-time"], told["outside-late"], told["outside-waiting"]) == (6, 5, 7)
    assert told["outside-median-hours"] == "5.0"


def test_few_notices_cannot_be_counted_out(settings: Settings) -> None:
    settings.EVIDENCE_KEYS = (Fernet.generate_key().decode(),)
    noticed("threat")
    for _ in range(6):
        noticed("intimate")
    today = timezone.now().date()
    told = figures(Period(today, today))
    assert told["outside-threat"] == FEW
    assert WITHHELD in (told["outside"], told["outside-intimate"])
    assert told["outside-median-hours"] is None


def test_number_of_queries_does_not_grow(django_assert_num_queries: Any) -> None:
    now = timezone.now()
    period = Period(now.date(), now.date())
    report_of(period)
    with django_assert_num_queries(6):
        report_of(period)
    decided("warn", 3)
    decided("dismiss", 3, reason="spam")
    assert Report.objects.count() == 6
    with django_assert_num_queries(6):
        report_of(period)
