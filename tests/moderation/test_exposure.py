"""What moderators look at: what it costs, when a shift begins, what is closed, who sees it."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from moderation.cases import NotPossible
from moderation.consumers import _look
from moderation.models import AuditEntry, Case, Exposure, OptOut, Shift
from moderation.policy import LANES, URGENT_LANES, Reason
from moderation.policy.desk import BREAK, COVERED_LANES, EXPOSURE, HEAVY_LANES, SHIFT_GAP
from moderation.selectors.appeals import appeal_queue
from moderation.selectors.desk import case_queue, lane_counts
from moderation.selectors.shifts import lanes_closed, lanes_short_of_people, shift_standing
from moderation.services.appeals import appeal_claim, appeal_make
from moderation.services.cases import case_claim, case_next, evidence_view
from moderation.services.decisions import case_decide
from moderation.services.shifts import lanes_opt_out
from moderation.services.upkeep import records_purge
from moderation.shifts import Looking, looked
from tests.moderation.factories import line, moderator, report
from tests.moderation.staff import signed_in
from tests.moderation.test_desk_races import at_once, kinds

NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)
OWN = "/admin/moderation/shift/"
QUEUE = "/admin/moderation/case/"

pytestmark = pytest.mark.django_db


class Time:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.now)

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def look(user: User, case: Case) -> None:
    found = case.reports.get().evidence
    found.report.case = case
    evidence_view(found, moderator=user)


def spend(user: User, settings: Settings) -> None:
    """Have a moderator's budget spent by one look."""
    settings.EXPOSURE_BUDGET = 2
    look(user, report("hate"))
    assert shift_standing(user).is_spent


# --- A shift --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap", "began", "stretch"),
    [
        (timedelta(0), "kept", "kept"),
        (BREAK - timedelta(seconds=1), "kept", "kept"),
        (BREAK, "kept", "new"),
        (SHIFT_GAP - timedelta(seconds=1), "kept", "new"),
        (SHIFT_GAP, "new", "new"),
        (timedelta(days=3), "new", "new"),
    ],
)
def test_shift_begins_after_eight_hours_and_stretch_after_a_break(
    gap: timedelta, began: str, stretch: str
) -> None:
    first = Looking(NOON - timedelta(hours=3), NOON - timedelta(minutes=30), NOON)
    now = NOON + gap
    after = looked(first, now)
    assert after.seen_at == now
    assert after.began_at == {"kept": first.began_at, "new": now}[began]
    assert after.stretch_at == {"kept": first.stretch_at, "new": now}[stretch]


def test_first_look_of_all_begins_a_shift() -> None:
    assert looked(None, NOON) == Looking(NOON, NOON, NOON)


def test_look_out_of_order_takes_nothing_back() -> None:
    first = looked(None, NOON)
    assert looked(first, NOON - timedelta(seconds=1)).seen_at == NOON


def test_every_lane_has_its_points_and_the_heavy_ones_are_named() -> None:
    assert set(EXPOSURE) == set(LANES)
    assert {"child_safety", "imminent_harm", "sexual", "harassment"} == HEAVY_LANES
    assert {"child_safety", "imminent_harm", "sexual"} == COVERED_LANES
    assert URGENT_LANES < COVERED_LANES


def test_same_case_counts_once_a_shift_and_again_in_the_next(time: Time) -> None:
    mo, case = moderator(), report()
    look(mo, case)
    time.advance(minutes=5)
    look(mo, case)
    assert shift_standing(mo).spent == 2
    time.advance(hours=8)
    assert shift_standing(mo).spent == 0
    look(mo, case)
    assert shift_standing(mo).spent == 2
    assert Exposure.objects.count() == 2


def test_claim_counts_as_the_look_it_leads_to() -> None:
    mo = moderator()
    case = case_claim(report("minor").pk, moderator=mo)
    assert shift_standing(mo).spent == 5
    look(mo, case)
    assert shift_standing(mo).spent == 5


def test_database_refuses_to_count_twice_and_a_shift_out_of_order() -> None:
    mo = moderator()
    look(mo, report())
    row = Exposure.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Exposure.objects.create(
            shift=row.shift, what=row.what, lane=row.lane, points=2, at=timezone.now()
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.update(stretch_at=NOON - timedelta(days=900))


# --- The budget -----------------------------------------------------------------------------------


def test_somebody_is_told_when_little_is_left(settings: Settings) -> None:
    settings.EXPOSURE_BUDGET = 10
    client, user = signed_in("senior")
    for _ in range(3):
        look(user, report("hate"))
    assert "points are left" not in client.get(QUEUE).content.decode()
    look(user, report("hate"))
    page = client.get(QUEUE).content.decode()
    assert "2 of 10 points are left" in page
    assert "2 left</span>" in page
    look(user, report("hate"))
    assert "is spent: the lanes that weigh most are closed" in client.get(QUEUE).content.decode()


def test_spent_budget_closes_the_heavy_lanes_and_leaves_the_others(settings: Settings) -> None:
    mo, other = moderator(), moderator()
    look(other, report("spam"))  # somebody else is there
    spend(mo, settings)
    for reason in ("hate", "nudity", "minor", "violence"):
        with pytest.raises(NotPossible, match="budget for this shift is spent"):
            case_claim(report(reason).pk, moderator=mo)
    case_claim(report("spam").pk, moderator=mo)


def test_next_case_is_a_light_one_once_the_budget_is_spent(settings: Settings) -> None:
    mo = moderator()
    for _ in range(25):
        report("violence")
    light = report("spam")
    spend(mo, settings)
    found = case_next(moderator=mo)
    assert found is not None
    assert found.pk == light.pk


def test_what_is_held_may_be_finished(settings: Settings) -> None:
    mo = moderator()
    case = case_claim(report("hate").pk, moderator=mo)
    settings.EXPOSURE_BUDGET = 1
    assert shift_standing(mo).is_spent
    case_claim(case.pk, moderator=mo)
    case.refresh_from_db()
    case_decide(case.pk, moderator=mo, version=case.version, measure="dismiss")


def test_urgent_lane_stays_free_while_nobody_else_could_take_it(
    settings: Settings, time: Time
) -> None:
    mo = moderator()
    settings.EXPOSURE_BUDGET = 2
    look(mo, report("hate"))
    assert set(lanes_closed(mo)) == {"sexual", "harassment"}
    triage = moderator("triage")
    look(triage, report("spam"))  # without the right
    assert "imminent_harm" not in lanes_closed(mo)
    look(moderator("legal"), report("spam"))  # decides nothing
    assert "imminent_harm" not in lanes_closed(mo)
    other = moderator("moderator")
    look(other, report("spam"))
    assert "imminent_harm" in lanes_closed(mo)
    assert "child_safety" not in lanes_closed(mo)
    lanes_opt_out(moderator=other, lanes=["imminent_harm"])
    assert "imminent_harm" not in lanes_closed(mo)
    lanes_opt_out(moderator=other, lanes=[])
    time.advance(minutes=21)  # they left
    assert "imminent_harm" not in lanes_closed(mo)


def test_two_who_are_both_spent_do_not_wait_for_each_other(settings: Settings) -> None:
    first, second = moderator(), moderator()
    spend(first, settings)
    spend(second, settings)
    assert "child_safety" not in lanes_closed(first)
    assert "child_safety" not in lanes_closed(second)


def test_next_case_is_no_urgent_one_that_only_a_click_may_take(settings: Settings) -> None:
    mo = moderator()
    urgent = report("violence")
    spend(mo, settings)
    assert case_next(moderator=mo) is None
    assert case_claim(urgent.pk, moderator=mo).claimed_by == mo


def test_no_budget_closes_nothing(settings: Settings) -> None:
    settings.EXPOSURE_BUDGET = 0
    mo = moderator()
    look(mo, report("hate"))
    standing = shift_standing(mo)
    assert not standing.is_spent
    assert not standing.is_near
    assert lanes_closed(mo) == {}


def test_appeals_of_heavy_lanes_are_closed_too(settings: Settings) -> None:
    senior, mo = moderator(), moderator()
    case = case_claim(report().pk, moderator=senior)
    decision = case_decide(
        case.pk, moderator=senior, version=case.version, measure="day", rule="harassment", facts="x"
    )
    appeal = appeal_make(decision, text="A joke.")
    spend(mo, settings)
    with pytest.raises(NotPossible, match="budget"):
        appeal_claim(appeal.pk, moderator=mo)


def test_refused_claim_does_not_show_the_case(settings: Settings) -> None:
    client, user = signed_in("senior")
    case = report("hate", line("you numpty"))
    spend(user, settings)
    response = client.post(f"{QUEUE}{case.pk}/claim/", follow=True)
    page = response.content.decode()
    assert "Your budget for this shift is spent" in page
    assert "you numpty" not in page
    assert f'formaction="{case.pk}/claim/"' not in page


# --- Who sees it ----------------------------------------------------------------------------------


def test_own_page_shows_ones_own_points_and_nobody_elses() -> None:
    client, user = signed_in("admin")
    other = moderator("senior", "sam")
    for _ in range(3):
        look(other, report("minor"))
    look(user, report("spam"))
    page = client.get(OWN).content.decode()
    assert "<b>119</b> of 120 points left" in page
    assert "sam" not in page
    assert "15 points" not in page


def test_header_says_what_is_left_to_a_screen_reader_too() -> None:
    client, _ = signed_in()
    page = client.get(QUEUE).content.decode()
    assert 'aria-label="Left of your budget for this shift"' in page
    assert "120 of 120 points" in page


def test_own_page_is_for_who_sees_cases() -> None:
    client, _ = signed_in("triage")
    assert client.get(OWN).status_code == 200
    assert client.get(f"{OWN}lanes/").status_code == 405


@pytest.mark.parametrize(
    ("reason", "is_covered"), [("nudity", True), ("violence", True), ("hate", False)]
)
def test_conversation_of_a_weighty_lane_is_covered_below_its_summary(
    reason: Reason, is_covered: bool
) -> None:
    client, _ = signed_in("senior")
    case = report(reason, line("you numpty"))
    page = client.get(f"{QUEUE}{case.pk}/change/").content.decode()
    assert ("is-coverable" in page) == is_covered
    assert page.index("Reported for") < page.index("1 line in") < page.index("you numpty")


# --- Leaving lanes out ----------------------------------------------------------------------------


def test_lane_left_out_is_in_no_queue_count_or_next_case() -> None:
    mo = moderator()
    report("hate")
    lanes_opt_out(moderator=mo, lanes=["harassment"])
    assert case_queue(mo) == []
    assert "harassment" not in lane_counts(mo)
    assert case_next(moderator=mo) is None
    assert list(appeal_queue(mo)) == []


def test_lane_left_out_is_in_no_news() -> None:
    client, user = signed_in("senior")
    case, key = report("hate"), str(client.session.session_key)
    seen = _look(key, case.pk)
    assert seen is not None
    assert seen[1]
    lanes_opt_out(moderator=user, lanes=["harassment"])
    seen = _look(key, case.pk)
    assert seen is not None
    assert "harassment" not in seen[0]
    assert not seen[1]


def test_case_of_a_lane_left_out_is_refused_with_a_sentence_and_counts_nothing() -> None:
    client, user = signed_in("senior")
    case = report("hate", line("you numpty"))
    lanes_opt_out(moderator=user, lanes=["harassment"])
    for response in (
        client.get(f"{QUEUE}{case.pk}/change/"),
        client.post(f"{QUEUE}{case.pk}/claim/"),
    ):
        assert response.status_code == 403
        page = response.content.decode()
        assert "You chose not to see this lane." in page
        assert "you numpty" not in page
    assert not Exposure.objects.exists()
    with pytest.raises(NotPossible, match="You chose"):
        case_claim(case.pk, moderator=user)


def test_what_is_held_of_a_lane_left_out_may_be_finished() -> None:
    client, user = signed_in("senior")
    case = case_claim(report("hate").pk, moderator=user)
    lanes_opt_out(moderator=user, lanes=["harassment"])
    assert client.get(f"{QUEUE}{case.pk}/change/").status_code == 200


def test_choice_is_made_on_ones_own_page_and_taken_back_there() -> None:
    client, user = signed_in("moderator")
    client.post(f"{OWN}lanes/", {"lanes": ["spam", "other"]})
    out = {each.lane for each in OptOut.objects.filter(moderator=user)}
    # What is not theirs is left out by their role, not by them.
    assert out == {"sexual", "harassment", "imminent_harm"}
    kept = ["spam", "other", "sexual", "harassment", "imminent_harm"]
    client.post(f"{OWN}lanes/", {"lanes": kept})
    assert not OptOut.objects.exists()
    assert client.post(f"{OWN}lanes/", {"lanes": ["none such"]}, follow=True).status_code == 200


def test_audit_says_that_somebody_chose_and_not_what() -> None:
    mo = moderator()
    lanes_opt_out(moderator=mo, lanes=["sexual"])
    entry = AuditEntry.objects.get(action="choose-lanes")
    assert entry.detail == {}
    assert "sexual" not in entry.target


def test_admin_is_told_of_lanes_that_too_few_are_left_for() -> None:
    dashboard = f"{QUEUE}dashboard/"
    client, user = signed_in("admin")
    second = moderator("senior")
    moderator("legal")  # sees every lane, decides nothing
    assert lanes_short_of_people() == {}
    lanes_opt_out(moderator=second, lanes=["child_safety"])
    assert lanes_short_of_people() == {"child_safety": 1}
    assert "Child safety: one person is left" in client.get(dashboard).content.decode()
    lanes_opt_out(moderator=user, lanes=["child_safety"])
    assert lanes_short_of_people() == {"child_safety": 0}
    assert "Child safety: nobody is left" in client.get(dashboard).content.decode()
    senior, _ = signed_in("senior")
    assert "Fewer than two people are left" not in senior.get(dashboard).content.decode()


# --- Time and races -------------------------------------------------------------------------------


def test_what_was_looked_at_goes_after_30_days(time: Time) -> None:
    look(moderator(), report())
    time.advance(days=29)
    assert records_purge()["exposure"] == 0
    time.advance(days=1)
    assert records_purge()["exposure"] == 1
    assert not Shift.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_claims_at_the_budgets_edge_are_one(settings: Settings) -> None:
    settings.EXPOSURE_BUDGET = 2
    mo = moderator()
    look(moderator(), report("spam"))
    cases = [report("hate"), report("hate")]
    results = at_once(*(partial(case_claim, case.pk, moderator=mo) for case in cases))
    assert kinds(results) == [Case, NotPossible]
    assert shift_standing(mo).spent == 2


@pytest.mark.django_db(transaction=True)
def test_first_looks_at_once_are_one_shift_and_count_once_each() -> None:
    mo = moderator()
    cases = [report("hate"), report("spam")]
    calls: list[Any] = [partial(look, mo, case) for case in (*cases, *cases)]
    at_once(*calls)
    assert Shift.objects.count() == 1
    assert shift_standing(mo).spent == 3
