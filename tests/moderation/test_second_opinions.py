"""Second opinions: which decisions are asked about, who answers blind, how agreement is told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from moderation.agreement import Pair, agreement, is_near, share_between
from moderation.cases import NotPossible
from moderation.figures import Period
from moderation.models import (
    AuditEntry,
    Case,
    Decision,
    Evidence,
    Lifting,
    Sanction,
    SecondOpinion,
)
from moderation.policy import MEASURES, Measure, Reason
from moderation.policy.desk import STEPS
from moderation.selectors.opinions import (
    decisions_sampled,
    disagreements,
    opinion_barred,
    opinion_queue,
)
from moderation.services.cases import case_claim, evidence_hold
from moderation.services.decisions import case_decide
from moderation.services.opinions import BadOpinion, opinion_give, opinions_ask
from moderation.services.reporters import reports_set_aside
from moderation.services.shifts import lanes_opt_out
from moderation.services.upkeep import records_purge
from moderation.transparency import report_of
from tests.moderation.factories import approved, line, moderator, report
from tests.moderation.staff import counted, signed_in
from tests.moderation.test_desk_races import at_once, kinds
from tests.moderation.test_exposure import NOON, Time
from tests.moderation.test_exposure import time as time  # noqa: PLC0414  (a fixture)

OPINIONS = "/admin/moderation/secondopinion/"
DASHBOARD = "/admin/moderation/case/dashboard/"

pytestmark = pytest.mark.django_db


def decided(
    measure: Measure = "warn",
    reason: Reason = "harassment",
    by: User | None = None,
    rule: str = "harassment",
    **fields: Any,
) -> Decision:
    by = by or moderator()
    case = case_claim(report(reason, line("you numpty"), **fields).pk, moderator=by)
    return case_decide(
        case.pk, moderator=by, version=case.version, measure=measure, rule=rule, facts="The facts."
    )


def asked(measure: Measure = "warn", **fields: Any) -> SecondOpinion:
    """Give a question about a decision, without waiting for the day to be over."""
    decision = decided(measure, **fields)
    return SecondOpinion.objects.create(
        decision=decision, decision_by=cast("User", decision.by), asked_at=timezone.now()
    )


def given(first: Measure, second: Measure, **fields: Any) -> SecondOpinion:
    return opinion_give(
        asked(first, **fields).pk, moderator=moderator(), measure=second, rule="harassment"
    )


# --- Agreement, by hand ---------------------------------------------------------------------------


def pairs(both_dismiss: int, only_first: int, only_second: int, neither: int) -> Sequence[Pair]:
    """Give pairs of a table of two by two; `only_first`: the first dismissed alone."""
    sides: list[tuple[Pair, int]] = [
        (("dismiss", "dismiss"), both_dismiss),
        (("dismiss", "warn"), only_first),
        (("warn", "dismiss"), only_second),
        (("warn", "warn"), neither),
    ]
    return [pair for pair, count in sides for _ in range(count)]


def test_kappa_of_the_textbook_table() -> None:
    # 20 and 15 of 50 agree: 0.7. By chance 0.5 × 0.6 + 0.5 × 0.4 = 0.5, so (0.7 - 0.5) / 0.5.
    found = agreement(pairs(20, 5, 10, 15))
    assert (found.count, found.same) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    # Wilson of 35 in 50 is 0.5625 to 0.8090.
    assert found.kappa_between == pytest.approx((0.1250, 0.6179), abs=0.001)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ((5, 0, 0, 5), 1.0),
        ((0, 5, 5, 0), -1.0),
        ((25, 25, 25, 25), 0.0),
        # 0.85 agree; by chance 0.9 × 0.85 + 0.1 × 0.15 = 0.78.
        ((80, 10, 5, 5), 0.07 / 0.22),
    ],
)
def test_kappa_of_tables_by_hand(table: tuple[int, int, int, int], kappa: float) -> None:
    assert agreement(pairs(*table)).kappa == pytest.approx(kappa)


@pytest.mark.parametrize("table", [(0, 0, 0, 0), (7, 0, 0, 0), (0, 0, 0, 7)])
def test_kappa_is_nothing_where_all_took_one_side(table: tuple[int, int, int, int]) -> None:
    found = agreement(pairs(*table))
    assert found.kappa is None
    assert found.kappa_between is None


def test_interval_of_a_share_keeps_its_width_where_all_agree() -> None:
    low, high = share_between(10, 10)
    assert low == pytest.approx(10 / (10 + 1.96**2))
    assert high == 1


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("dismiss", "dismiss", True),
        ("dismiss", "warn", False),
        ("warn", "dismiss", False),
        ("warn", "cooldown", True),
        ("warn", "video", True),
        ("video", "cooldown", True),
        ("warn", "day", False),
        ("day", "week", True),
        ("cooldown", "week", False),
        ("permanent", "week", True),
        ("permanent", "day", False),
    ],
)
def test_two_are_near_on_one_side_and_within_one_step(
    first: Measure, second: Measure, expected: bool
) -> None:
    assert is_near((first, second)) == is_near((second, first)) == expected


def test_every_measure_but_a_dismissal_has_its_step() -> None:
    assert set(STEPS) == set(MEASURES) - {"dismiss"}


# --- The sample -----------------------------------------------------------------------------------


def test_one_of_a_day_is_asked_about_when_it_is_over(time: Time) -> None:
    for _ in range(3):
        decided()
    assert opinions_ask() == 0
    time.advance(hours=12)
    assert opinions_ask() == 1
    assert opinions_ask() == 0
    assert SecondOpinion.objects.count() == 1


def test_sample_is_the_share_of_a_day_and_the_same_whenever_it_is_drawn(
    time: Time, settings: Settings
) -> None:
    settings.EXPOSURE_BUDGET = 0
    somebody = moderator()
    for _ in range(40):
        decided("dismiss", by=somebody)
    time.advance(days=1)
    first = {each.pk for each in decisions_sampled()}
    time.advance(days=2)
    assert len(first) == 2
    assert {each.pk for each in decisions_sampled()} == first
    time.advance(days=7)
    assert decisions_sampled() == []


def test_urgent_lanes_are_asked_about_too(time: Time) -> None:
    decided(reason="minor", rule="minors")
    time.advance(days=1)
    assert opinions_ask() == 1


def test_what_was_set_aside_in_bulk_is_not_asked_about(time: Time) -> None:
    case = report("spam")
    reports_set_aside(case.reports.get(), moderator=moderator(), why="x")
    assert Decision.objects.count() == 1
    time.advance(days=1)
    assert opinions_ask() == 0


def test_nothing_is_asked_about_whose_evidence_is_gone(time: Time) -> None:
    decided()
    Evidence.objects.all().delete()
    time.advance(days=1)
    assert opinions_ask() == 0


def test_day_before_a_permanent_ban_is_not_asked_about_and_the_ban_is(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.selectors.opinions.SECOND_OPINIONS", 1.0)
    day = decided("permanent")
    ban = approved(day.case)
    time.advance(days=1)
    assert opinions_ask() == 1
    opinion = SecondOpinion.objects.get()
    assert opinion.decision == ban
    assert ban.approved_by is not None
    assert opinion_queue(ban.approved_by) == []


# --- Who answers ----------------------------------------------------------------------------------


def test_author_is_not_asked_and_the_database_refuses_them() -> None:
    author = moderator()
    opinion = asked(by=author)
    assert opinion_queue(author) == []
    with pytest.raises(NotPossible, match="your own decision"):
        opinion_give(opinion.pk, moderator=author, measure="dismiss")
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondOpinion.objects.update(by=author, at=timezone.now(), measure="dismiss")


def test_who_may_impose_less_than_the_author_is_not_asked() -> None:
    opinion = asked("dismiss", by=moderator("senior"))
    assert opinion_queue(moderator("triage")) == []
    assert opinion_queue(moderator("moderator")) == []
    assert opinion_queue(moderator("legal")) == []
    assert opinion_queue(moderator("admin")) == [opinion]
    assert opinion_barred(opinion, moderator("triage")) == (
        "This is for somebody who may impose more."
    )


def test_lane_left_out_is_not_asked_about() -> None:
    mo, opinion = moderator(), asked()
    assert opinion_queue(mo) == [opinion]
    lanes_opt_out(moderator=mo, lanes=["harassment"])
    assert opinion_queue(mo) == []
    with pytest.raises(NotPossible, match="You chose"):
        opinion_give(opinion.pk, moderator=mo, measure="dismiss")


def test_opinion_changes_nothing_and_is_in_the_audit_log_without_what_it_says() -> None:
    opinion = asked("day")
    mo = moderator()
    sanctions = Sanction.objects.filter(end=None).count()
    opinion_give(opinion.pk, moderator=mo, measure="dismiss", rule="harassment")
    opinion.refresh_from_db()
    assert (opinion.by, opinion.measure, opinion.rule) == (mo, "dismiss", "")
    assert Sanction.objects.filter(end=None).count() == sanctions
    assert not Lifting.objects.exists()
    entry = AuditEntry.objects.get(action="second-opinion")
    assert (entry.actor, entry.detail) == (mo.username, {})


def test_opinion_needs_a_measure_of_theirs_and_a_rule_of_the_lane() -> None:
    opinion = asked("warn", by=moderator("moderator"))
    with pytest.raises(BadOpinion, match="may impose"):
        opinion_give(opinion.pk, moderator=moderator("moderator"), measure="permanent", rule="hate")
    with pytest.raises(BadOpinion, match="rule"):
        opinion_give(opinion.pk, moderator=moderator(), measure="warn", rule="spam")


def test_opinion_is_given_once() -> None:
    opinion = given("warn", "dismiss")
    with pytest.raises(NotPossible, match="Somebody has answered"):
        opinion_give(opinion.pk, moderator=moderator(), measure="dismiss")


@pytest.mark.parametrize(
    "change", ["asked_at = CURRENT_TIMESTAMP", "measure = 'week'", "by_id = by_id"]
)
def test_what_was_given_stays(change: str) -> None:
    given("warn", "day")
    with (
        pytest.raises((IntegrityError, InternalError), match="secondopinion keeps"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE moderation_secondopinion SET {change}")


def test_copy_of_the_author_is_the_author() -> None:
    with pytest.raises((IntegrityError, InternalError), match="what its decision says"):
        SecondOpinion.objects.create(
            decision=decided(), decision_by=moderator(), asked_at=timezone.now()
        )


# --- The pages ------------------------------------------------------------------------------------


def test_page_shows_the_case_and_nothing_of_its_decision(time: Time) -> None:
    author, subject, reporter = moderator("senior", "olga"), "a" * 32, "b" * 32
    decided("cooldown", subject=subject)
    time.advance(minutes=1)
    opinion = asked("week", by=author, subject=subject, reporter=reporter)
    time.advance(minutes=1)
    decided("permanent", reason="spam", rule="spam", subject=subject)
    client, _ = signed_in("senior")
    page = client.get(f"{OPINIONS}{opinion.pk}/change/").content.decode()
    assert "you numpty" in page
    side = page[page.index("desk-before-title") :]
    assert "Cool-down, 1 hour" in side
    assert "Ban, permanent" not in side
    assert "Ban, 7 days" not in side
    assert "0 upheld, 0 dismissed before" in page
    for hidden in ("olga", str(opinion.decision), "upheld</small>", "The facts.", "Mute this"):
        assert hidden not in page
    assert AuditEntry.objects.filter(action="view", target__startswith="evidence").exists()


def test_ladder_on_the_page_is_that_of_then(time: Time) -> None:
    subject = "a" * 32
    opinion = asked("warn", subject=subject)
    time.advance(minutes=1)
    decided("week", reason="spam", rule="spam", subject=subject)
    client, _ = signed_in("senior")
    page = client.get(f"{OPINIONS}{opinion.pk}/change/").content.decode()
    assert "No harassment (ladder: Warn)" in page


def test_opinion_is_given_on_its_page_and_the_queue_is_then_empty() -> None:
    client, _ = signed_in("senior")
    opinion = asked()
    assert counted(client.get("/admin/moderation/case/"))["Second opinions"] == 1
    url = f"{OPINIONS}{opinion.pk}/change/"
    assert client.post(url, {}).status_code == 400
    page = client.post(url, {"measure": "dismiss", "rule": "harassment"}, follow=True)
    assert "It changes nothing of what was decided." in page.content.decode()
    assert "No second opinion is asked of you." in page.content.decode()
    again = client.post(url, {"measure": "warn", "rule": "harassment"}, follow=True)
    assert "Somebody has answered this." in again.content.decode()


def test_page_of_what_is_not_theirs_shows_nothing() -> None:
    client, user = signed_in("senior")
    opinion = asked(by=user)
    page = client.get(f"{OPINIONS}{opinion.pk}/change/", follow=True).content.decode()
    assert "This is your own decision" in page
    assert "you numpty" not in page
    minor = asked(reason="minor", rule="minors")
    triage, _ = signed_in("triage")
    assert triage.get(f"{OPINIONS}{minor.pk}/change/").status_code == 403
    legal, _ = signed_in("legal")
    assert legal.get(OPINIONS).status_code == 403


def test_seniors_see_where_two_differ_and_others_do_not() -> None:
    far, near = given("week", "warn"), given("day", "week")
    assert disagreements(moderator("senior"), limit=9) == [far]
    assert disagreements(moderator("moderator"), limit=9) == []
    client, _ = signed_in("senior")
    page = client.get(OPINIONS).content.decode()
    assert f"/decision/{far.decision_id}/change/" in page
    assert f"/decision/{near.decision_id}/change/" not in page
    other, _ = signed_in("moderator")
    assert "Where two differ" not in other.get(OPINIONS).content.decode()


def test_queue_needs_the_same_few_queries_however_many_wait(
    django_assert_num_queries: Any,
) -> None:
    author, mo = moderator(), moderator()
    asked(by=author)
    opinion_queue(User.objects.get(pk=mo.pk))
    for _ in range(4):
        asked(by=author)
    mo = User.objects.get(pk=mo.pk)
    with django_assert_num_queries(6):  # of each of the two what they may do, lanes, questions
        assert len(opinion_queue(mo)) == 5


# --- Figures --------------------------------------------------------------------------------------


def test_dashboard_tells_nothing_of_fewer_than_five() -> None:
    client, _ = signed_in("senior")
    for _ in range(4):
        given("warn", "warn")
    page = client.get(DASHBOARD).content.decode()
    assert page.count('desk-quiet">fewer than 5<') == 3
    given("dismiss", "dismiss")
    page = client.get(DASHBOARD).content.decode()
    assert 'desk-quiet">fewer than 5<' not in page
    assert page.count("5 of 5<") == 2
    assert "<b>1.00</b>" in page


def test_report_tells_the_share_alone_and_not_of_few() -> None:
    today = timezone.now().date()

    def told() -> Any:
        rows = [row for part in report_of(Period(today, today)).sections for row in part.rows]
        return next(row.told for row in rows if row.key == "opinions-agree-share")

    assert told() is None
    for _ in range(5):
        given("warn", "warn")
    assert told() == "100 %"
    given("warn", "dismiss")
    assert told() is None  # that few differ is not told either


# --- Time and races -------------------------------------------------------------------------------


def test_question_goes_with_its_evidence_and_an_answer_stays(time: Time) -> None:
    asked()
    opinion = given("warn", "warn")
    time.advance(days=31)
    assert records_purge()["second_opinion"] == 1
    assert SecondOpinion.objects.get() == opinion


def test_hold_keeps_the_question_too(time: Time) -> None:
    opinion = asked()
    evidence = Evidence.objects.get()
    evidence_hold(evidence, moderator=moderator("legal"), why="x")
    time.advance(days=31)
    assert records_purge()["second_opinion"] == 0
    assert SecondOpinion.objects.get() == opinion


@pytest.mark.django_db(transaction=True)
def test_two_opinions_at_once_are_one() -> None:
    opinion = asked()
    people = [moderator(), moderator()]
    results = at_once(
        *(partial(opinion_give, opinion.pk, moderator=each, measure="dismiss") for each in people)
    )
    assert kinds(results) == [NotPossible, SecondOpinion]


@pytest.mark.django_db(transaction=True)
def test_asking_twice_at_once_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)
    decided()
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON + timedelta(days=1))
    assert sorted(cast("list[int]", at_once(opinions_ask, opinions_ask))) == [0, 1]
    assert SecondOpinion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_opinion_and_purge_at_once_keep_it_or_say_that_it_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def now() -> datetime:
        return NOON

    monkeypatch.setattr("django.utils.timezone.now", now)
    opinion, mo = asked(), moderator()
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON + timedelta(days=31))
    result, _ = at_once(
        partial(opinion_give, opinion.pk, moderator=mo, measure="dismiss"), records_purge
    )
    assert SecondOpinion.objects.exists() == isinstance(result, SecondOpinion)
    assert Case.objects.count() == 1
