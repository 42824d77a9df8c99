"""Breaks: when one is asked for, when nothing more is given out, what giving back does."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from moderation.cases import NotPossible
from moderation.models import Appeal, Case
from moderation.selectors.claims import claims_held
from moderation.selectors.shifts import lanes_offered, shift_standing
from moderation.services.appeals import appeal_claim, appeal_make
from moderation.services.breaks import break_begin
from moderation.services.cases import case_claim, case_next
from moderation.services.decisions import case_decide
from moderation.services.notices import notice_claim
from moderation.shifts import Looking, Standing
from tests.moderation.factories import moderator, report
from tests.moderation.notices import noticed
from tests.moderation.staff import signed_in
from tests.moderation.test_exposure import NOON, QUEUE, Time, look
from tests.moderation.test_exposure import time as time  # noqa: PLC0414  (a fixture)

PAUSE = "/admin/moderation/shift/break/"

pytestmark = pytest.mark.django_db


def after(minutes: float, *, idle: float = 0) -> Standing:
    """Give how it stands for who looked for so long, and has not for a while."""
    looking = Looking(NOON, NOON, NOON + timedelta(minutes=minutes))
    return Standing(looking, 0, 0, NOON + timedelta(minutes=minutes + idle))


@pytest.mark.parametrize(
    ("minutes", "idle", "is_due", "must"),
    [
        (0, 0, False, False),
        (49, 0, False, False),
        (49, 2, True, False),
        (50, 0, True, False),
        (89, 0, True, False),
        (90, 0, True, True),
        (90, 9.9, True, True),
        (90, 10, False, False),
        (300, 10, False, False),
    ],
)
def test_break_is_asked_for_and_then_insisted_on(
    minutes: float, idle: float, is_due: bool, must: bool
) -> None:
    standing = after(minutes, idle=idle)
    assert (standing.is_break_due, standing.must_rest) == (is_due, must)


def test_break_is_over_ten_minutes_after_the_last_look() -> None:
    assert after(90).break_until == datetime(2026, 5, 10, 13, 40, tzinfo=UTC)
    assert after(90, idle=10).break_until is None
    assert Standing(None, 0, 0, NOON).break_until is None


def look_for(minutes: int, user: object, time: Time) -> None:
    """Have somebody look at the same case every five minutes."""
    case = report("spam")
    for _ in range(minutes // 5):
        look(user, case)  # type: ignore[arg-type]
        time.advance(minutes=5)
    look(user, case)  # type: ignore[arg-type]


def test_claim_is_refused_after_90_minutes_until_ten_have_passed(
    settings: Settings, time: Time
) -> None:
    settings.EXPOSURE_BUDGET = 0
    mo, case = moderator(), report("violence")
    look_for(85, mo, time)
    assert lanes_offered(mo)
    time.advance(minutes=5)
    with pytest.raises(NotPossible, match="rest until 13:35 UTC"):
        case_claim(case.pk, moderator=mo)
    assert case_next(moderator=mo) is None
    time.advance(minutes=5)
    assert case_claim(case.pk, moderator=mo).claimed_by == mo


def test_what_is_held_may_be_finished_when_a_break_is_due(time: Time) -> None:
    mo = moderator()
    look_for(80, mo, time)
    case = case_claim(report("hate").pk, moderator=mo)
    time.advance(minutes=9)
    look(mo, case)
    time.advance(minutes=2)
    assert shift_standing(mo).must_rest
    case_decide(case.pk, moderator=mo, version=case.version, measure="dismiss")


def test_break_gives_back_cases_and_appeals() -> None:
    mo, senior = moderator(), moderator()
    case = case_claim(report().pk, moderator=senior)
    decision = case_decide(
        case.pk, moderator=senior, version=case.version, measure="day", rule="harassment", facts="x"
    )
    appeal_claim(appeal_make(decision, text="A joke.").pk, moderator=mo)
    case_claim(report().pk, moderator=mo)
    held_by_another = case_claim(report().pk, moderator=senior)
    assert len(claims_held(mo)) == 2
    assert break_begin(moderator=mo) == 2
    assert claims_held(mo) == []
    assert break_begin(moderator=mo) == 0
    assert not Case.objects.filter(claimed_by=mo).exists()
    assert not Appeal.objects.filter(claimed_by=mo).exists()
    assert Case.objects.get(claimed_by=senior) == held_by_another


def test_notice_is_given_back_too() -> None:
    senior, notice = moderator("senior"), noticed()
    notice_claim(notice.pk, moderator=senior)
    assert claims_held(senior) == [str(notice)]
    assert break_begin(moderator=senior) == 1
    assert claims_held(senior) == []


def test_pages_ask_for_a_break_and_say_until_when(time: Time) -> None:
    client, user = signed_in("senior")
    look_for(55, user, time)
    assert "over 50 minutes without a break" in client.get(QUEUE).content.decode()
    look_for(40, user, time)
    page = client.get(QUEUE).content.decode()
    assert "Nothing more is given out to you until 13:45 UTC" in page
    page = client.get(PAUSE).content.decode()
    assert "Until 13:45 UTC" in page
    assert 'data-until="2026-05-10T13:45:00+00:00"' in page
    time.advance(minutes=10)
    assert "It is over." in client.get(PAUSE).content.decode()
    assert "without a break" not in client.get(QUEUE).content.decode()


def test_break_page_gives_back_by_one_click() -> None:
    client, user = signed_in("senior")
    case = case_claim(report().pk, moderator=user)
    assert f"You still hold case {case.pk}" in client.get(PAUSE).content.decode()
    page = client.post(PAUSE, follow=True).content.decode()
    assert "What you held is given back." in page
    assert "You still hold" not in page
    case.refresh_from_db()
    assert case.status == "open"
