"""The dashboard: what its figures mean, who sees which, what it costs, and that it can be read."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.admin.plots import counts_plot, days_plot, waits_plot
from moderation.figures import (
    Period,
    Waits,
    decided_by_day,
    decisions,
    openings,
    queues,
    rules_hit,
)
from moderation.models import Case
from moderation.policy import Lane, Measure, Reason
from moderation.policy.roles import Role
from moderation.services.cases import case_claim, case_release, evidence_hold
from moderation.services.decisions import case_decide, decision_lift
from moderation.services.reporters import reports_set_aside
from tests.moderation.factories import bare_case, moderator, report, rule
from tests.moderation.staff import signed_in

pytestmark = pytest.mark.django_db

DASHBOARD = "/admin/moderation/case/dashboard/"
START = datetime(2026, 5, 10, 12, tzinfo=UTC)
PERIOD = Period(date(2026, 5, 1), date(2026, 5, 31))
LANES: tuple[Lane, ...] = get_args(Lane)


class Hours:
    """Says when things happen: so many hours after the start."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def at(self, hours: float) -> None:
        then = START + timedelta(hours=hours)
        self._monkeypatch.setattr("django.utils.timezone.now", lambda: then)


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    return Hours(monkeypatch)


def decide(case: Case, measure: Measure = "warn") -> Any:
    somebody = moderator()
    claimed = case_claim(case.pk, moderator=somebody)
    return case_decide(
        case.pk,
        moderator=somebody,
        version=claimed.version,
        measure=measure,
        rule="harassment",
        facts="You insulted a stranger.",
    )


# --- What may be forgotten ------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "is_told"), [("legal", True), ("senior", False)])
def test_hold_is_brought_up_after_a_year_to_who_may_end_it(
    role: Role, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    then, now = timezone.now() - timedelta(days=366), timezone.now()
    client, _ = signed_in(role)
    first, second = (report().reports.get() for _ in range(2))
    legal = moderator("legal")
    monkeypatch.setattr("django.utils.timezone.now", lambda: then)
    evidence_hold(first.evidence, moderator=legal, why="asked for")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    evidence_hold(second.evidence, moderator=legal, why="asked for")
    page = client.get(DASHBOARD).content.decode()
    assert (first.reference in page) == is_told
    assert ("for 366 d" in page) == is_told
    assert second.reference not in page


# --- What the figures mean ------------------------------------------------------------------------


def test_first_look_is_the_first_claim_and_not_the_one_that_decides(hours: Hours) -> None:
    hours.at(0)
    case, somebody = report(), moderator()
    hours.at(1)
    case_claim(case.pk, moderator=somebody)
    case_release(case.pk, moderator=somebody)
    hours.at(3)
    decide(case)
    found = openings(LANES, PERIOD)
    assert found.count == 1
    assert found.looked["harassment"].spans == [timedelta(hours=1)]
    assert found.decided["harassment"].spans == [timedelta(hours=3)]
    assert found.decided["spam"].spans == []


def test_case_that_opens_again_waits_anew(hours: Hours) -> None:
    hours.at(0)
    case = report()
    hours.at(2)
    decide(case)
    hours.at(50)
    report(subject=case.subject)
    assert queues(LANES)["harassment"].oldest == START + timedelta(hours=50)
    hours.at(51)
    decide(case)
    found = openings(LANES, PERIOD)
    assert found.opened == {date(2026, 5, 10): 1, date(2026, 5, 12): 1}
    assert found.looked["harassment"].spans == [timedelta(hours=2), timedelta(hours=1)]


def test_another_report_of_an_open_case_opens_nothing(hours: Hours) -> None:
    hours.at(0)
    case = report()
    hours.at(1)
    report(subject=case.subject)
    assert openings(LANES, PERIOD).count == 1
    assert queues(LANES)["harassment"].oldest == START


def test_case_that_was_set_aside_unclaimed_ends_its_own_wait(hours: Hours) -> None:
    hours.at(0)
    case = report(reporter="ab" * 16)
    hours.at(1)
    reports_set_aside(case.reports.get(), moderator=moderator(), why="Reports everybody.")
    hours.at(5)
    report(subject=case.subject)
    hours.at(7)
    decide(case)
    spans = openings(LANES, PERIOD).decided["harassment"].spans
    assert spans == [timedelta(hours=1), timedelta(hours=2)]


def test_what_waits_is_in_no_median(hours: Hours) -> None:
    hours.at(0)
    report()
    found = openings(LANES, PERIOD)
    assert found.count == 1
    assert found.all_looked.middle is None
    assert queues(LANES)["harassment"].count == 1


@pytest.mark.parametrize(
    ("hours", "middle", "most"), [([1], 1, 1), ([1, 3], 2, 3), (list(range(1, 11)), 5.5, 9)]
)
def test_median_and_what_nine_of_ten_took(hours: list[int], middle: float, most: int) -> None:
    waits = Waits([timedelta(hours=each) for each in reversed(hours)])
    assert waits.middle == timedelta(hours=middle)
    assert waits.most == timedelta(hours=most)


def test_days_before_and_after_do_not_count(hours: Hours) -> None:
    for day in (-10, 0, 22):
        hours.at(24 * day)
        decide(report())
    assert openings(LANES, PERIOD).count == 1
    assert decided_by_day(LANES, PERIOD) == {date(2026, 5, 10): 1}
    assert decisions(LANES, PERIOD).all == 1


def test_lifted_decisions_are_reversals_and_dismissals_cannot_be(hours: Hours) -> None:
    hours.at(0)
    decide(report(), "dismiss")
    decide(report())
    decision_lift(decide(report()), moderator=moderator(), why="It was somebody else.")
    made = decisions(LANES, PERIOD)
    assert (made.all, made.restrictions, made.reversed) == (3, 2, 1)


@pytest.mark.parametrize(("measure", "reversals"), [("day", 0), ("dismiss", 1)])
def test_person_who_decides_otherwise_reverses_automation(
    hours: Hours, measure: Measure, reversals: int
) -> None:
    hours.at(0)
    case = report()
    report(subject=case.subject)
    report(subject=case.subject)
    decide(case, measure)
    made = decisions(LANES, PERIOD)
    assert (made.automated, made.reversed) == (1, reversals)


def test_rules_that_act_are_ordered_by_hits() -> None:
    few, many = rule(state="act", hits=2), rule(state="act", hits=9)
    rule(state="observe", hits=50)
    rule(state="act", hits=7, enabled=False)
    assert rules_hit(10) == [many, few]
    assert rules_hit(1) == [many]


# --- Who sees what --------------------------------------------------------------------------------


def test_lanes_one_may_not_see_are_left_out_and_named() -> None:
    client, _ = signed_in("triage")
    report("minor")
    report("spam")
    page = client.get(DASHBOARD)
    assert page.context["hidden_lanes"] == ["Child safety", "Imminent harm"]
    assert "Without Child safety and Imminent harm" in page.content.decode()
    assert page.context["tiles"][0].value == "1"
    assert {bar.key for bar in page.context["plots"][0].bars} == {
        "sexual",
        "harassment",
        "spam",
        "other",
    }
    senior, _ = signed_in("senior")
    page = senior.get(DASHBOARD)
    assert page.context["tiles"][0].value == "2"
    assert "desk-left-out" not in page.content.decode()


def test_rules_are_shown_to_those_who_may_see_them() -> None:
    rule(text="numpty-rule")
    senior, _ = signed_in("senior")
    assert "numpty-rule" in senior.get(DASHBOARD).content.decode()
    triage, _ = signed_in("triage")
    page = triage.get(DASHBOARD).content.decode()
    assert "numpty-rule" not in page
    assert "Rules that observe" not in page


def test_who_does_not_see_the_queue_does_not_see_it(client: Client) -> None:
    assert client.get(DASHBOARD).status_code == 302
    nobody, user = signed_in("triage")
    user.groups.clear()
    assert nobody.get(DASHBOARD).status_code == 403


@pytest.mark.parametrize(("asked", "days"), [("7", 7), ("90", 90), ("", 30), ("8", 30), ("x", 30)])
def test_range_is_one_of_three(asked: str, days: int) -> None:
    client, _ = signed_in("senior")
    page = client.get(DASHBOARD, {"days": asked} if asked else {})
    assert len(page.context["days"].table.rows) == days
    assert f'href="?days={days}" aria-current="page"' in " ".join(page.content.decode().split())


# --- What it costs --------------------------------------------------------------------------------


def test_number_of_queries_does_not_grow_with_rows() -> None:
    client, _ = signed_in("senior")
    client.get(DASHBOARD)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(DASHBOARD).status_code == 200
        return len(queries)

    empty = asked()
    reasons: tuple[Reason, ...] = ("spam", "minor", "hate", "violence")
    for reason in reasons:
        decision = decide(report(reason), "dismiss")
        assert decision.pk
        report(reason)
        rule(state="act", hits=3)
        rule()
    decision_lift(decide(report()), moderator=moderator(), why="It was somebody else.")
    bare_case()
    assert asked() == empty


# --- How it can be read ---------------------------------------------------------------------------


def plots(page: str) -> list[ElementTree.Element]:
    found = re.findall(r'<svg class="plot".*?</svg>', page, re.DOTALL)
    return [ElementTree.fromstring(each) for each in found]


@pytest.mark.parametrize("is_full", [False, True])
def test_every_plot_has_a_title_a_description_and_its_figures(is_full: bool) -> None:
    client, _ = signed_in("senior")
    if is_full:
        decide(report())
        rule(state="act", hits=3)
    page = client.get(DASHBOARD).content.decode()
    drawn = plots(page)
    assert len(drawn) == (7 if is_full else 6)
    assert page.count('class="desk-figures"') == len(drawn)
    for plot in drawn:
        assert plot.get("role") == "img"
        words = [plot.find(name) for name in ("title", "desc")]
        assert all(each is not None and each.text for each in words)
        named = [each.get("id") for each in words if each is not None]
        assert plot.get("aria-labelledby") == " ".join(str(each) for each in named)


def test_page_has_nothing_the_policy_forbids() -> None:
    client, _ = signed_in("senior")
    decide(report())
    rule(text='"><script>alert(1)</script>', state="act", hits=1)
    page = client.get(DASHBOARD).content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert "onload" not in page


def test_empty_copy_says_so_kindly() -> None:
    client, _ = signed_in("senior")
    page = client.get(DASHBOARD).content.decode()
    assert "No rule that acts has been met yet." in page
    assert "None. A new rule observes before it may act" in page
    assert "none yet" in page


def test_bars_are_as_long_as_their_share_of_the_longest() -> None:
    plot = counts_plot("Open", "Open", [("a", "A", 4), ("b", "B", 1), ("c", "C", 0)])
    assert [bar.width for bar in plot.bars] == ["100.00%", "25.00%", "0.00%"]
    assert plot.summary == "5 in all. The most: A, 4."
    assert plot.table.rows == (("A", "4"), ("B", "1"), ("C", "0"))
    noted = counts_plot("Open", "Open", [("a", "A", 4)], noted="Oldest", notes={"a": "2 d"})
    assert noted.bars[0].value == "4 · oldest 2 d"
    assert noted.table.rows == (("A", "4", "2 d"),)
    nothing = counts_plot("Open", "Open", [("a", "A", 0)])
    assert nothing.bars[0].width == "0%"


def test_waits_have_a_bar_to_the_median_and_a_line_beyond() -> None:
    hour = timedelta(hours=1)
    plot = waits_plot("Look", [("a", "A", 9, hour, 4 * hour), ("b", "B", 0, None, None)])
    assert (plot.bars[0].width, plot.bars[0].whisker) == ("25.00%", "100.00%")
    assert plot.bars[0].value == "60 min – 4.0 h"
    assert (plot.bars[1].value, plot.bars[1].whisker) == ("none yet", "")
    assert plot.table.rows == (("A", "9", "60 min", "4.0 h"), ("B", "0", "", ""))


def test_days_are_lines_from_edge_to_edge() -> None:
    days = PERIOD.days
    plot = days_plot(days, [3] + [0] * 30, [0] * 30 + [4])
    assert len(plot.opened) == len(plot.decided) == 30
    assert (plot.opened[0].x1, plot.opened[-1].x2) == ("0.00%", "100.00%")
    assert [tick for tick, _ in plot.grid] == [0, 2, 4]
    assert float(plot.decided[-1].y2) == plot.grid[-1][1]
    assert float(plot.opened[-1].y2) == plot.grid[0][1]
    assert [words for _, _, words in plot.dates] == ["1 May", "16 May", "31 May"]


def test_the_present_day_is_in_it() -> None:
    client, _ = signed_in("senior")
    report()
    rows = client.get(DASHBOARD).context["days"].table.rows
    assert rows[-1] == (f"{timezone.now():%d %B %Y}", "1", "0")
