"""Decisions: who may take which, what follows, and what is written down for good."""

from datetime import timedelta
from typing import get_args

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone

from moderation import policy
from moderation.audit import entry_digest
from moderation.cases import Event, NotPossible, Stale, Status, possible_events, transition
from moderation.models import (
    Activity,
    AuditEntry,
    Case,
    Decision,
    Evidence,
    Report,
    Sanction,
    SanctionEnd,
)
from moderation.policy import Measure, roles, suggested_measure
from moderation.selectors.bans import address_sanctioned_at, visitor_bans, visitor_warnings
from moderation.selectors.desk import case_actions
from moderation.services.cases import (
    case_claim,
    case_next,
    case_release,
    case_renew,
    claims_expire,
    evidence_view,
)
from moderation.services.decisions import (
    BadDecision,
    case_decide,
    decision_lift,
    sanctions_expire,
)
from moderation.services.reports import report_receive, reports_sweep
from moderation.tags import AddressTag, address_tags, visitor_tag
from omegle.lib.network import parse_address
from tests.moderation.drafts import draft
from tests.moderation.factories import approved
from tests.moderation.staff import enrol

pytestmark = pytest.mark.django_db

BOB = visitor_tag("bob")


@pytest.fixture
def senior() -> User:
    return enrol("senior")[0]


def address() -> AddressTag:
    parsed = parse_address("203.0.113.7")
    assert parsed is not None
    return address_tags(parsed)[0]


def case_of(subject: str = "bob", reason: policy.Reason = "harassment", **fields: str) -> Case:
    given = draft(subject=subject, reason=reason, **fields)  # type: ignore[arg-type]
    report_receive(given)
    reports_sweep()
    case = Report.objects.get(reference=given.reference).case
    assert case is not None
    return case


def decided(case: Case, moderator: User, measure: Measure, **fields: str) -> Decision:
    held = case_claim(case.pk, moderator=moderator)
    told = (
        {"rule": "harassment", "facts": "You insulted a stranger."} if measure != "dismiss" else {}
    )
    decision = case_decide(
        case.pk, moderator=moderator, version=held.version, measure=measure, **(told | fields)
    )
    return approved(case) if measure == "permanent" else decision


# --- What follows ---------------------------------------------------------------------------------


def test_dismissal_keeps_nobody_out(senior: User) -> None:
    case = case_of()
    decision = decided(case, senior, "dismiss")
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == ("decided", None)
    assert not decision.sanctions.exists()
    assert Report.objects.get().outcome == "dismissed"


@pytest.mark.parametrize(("measure", "span"), policy.BANS.items())
def test_ban_keeps_the_visitor_out_for_its_time(
    senior: User, measure: Measure, span: timedelta | None
) -> None:
    decided(case_of(), senior, measure)
    ban = visitor_bans([BOB])[BOB]
    if span is None:
        assert ban.until is None
    else:
        assert ban.until is not None
        assert abs(ban.until - timezone.now() - span) < timedelta(minutes=1)
    assert "No harassment" in ban.statement
    assert Report.objects.get().outcome == "upheld"


def test_warning_keeps_nobody_out(senior: User) -> None:
    decision = decided(case_of(), senior, "warn")
    assert visitor_bans() == {}
    assert decision.sanctions.get().measure == "warn"


def test_address_is_sanctioned_for_shorter_and_never_beyond_its_key(senior: User) -> None:
    tag = address()
    given = draft()
    report_receive(given)
    Report.objects.update(subject_address=tag.tag, subject_address_epoch=tag.epoch)
    reports_sweep()
    decided(Case.objects.get(), senior, "permanent")
    sanction = Sanction.objects.get(target="address", end=None)
    assert sanction.until is not None
    assert sanction.until <= min(timezone.now() + timedelta(days=7), tag.key_ends)
    assert address_sanctioned_at([tag]) == sanction.starts_at
    assert address_sanctioned_at([AddressTag(tag.epoch - 1, tag.tag)]) is None


def test_run_out_sanctions_are_ended_once(senior: User, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(case_of(), senior, "cooldown")
    assert sanctions_expire() == 0
    later = timezone.now() + timedelta(hours=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert visitor_bans() == {}
    assert sanctions_expire() == 1
    assert sanctions_expire() == 0
    assert SanctionEnd.objects.get().reason == "expired"


def test_lifting_ends_at_once_and_needs_a_reason(senior: User) -> None:
    decision = decided(case_of(), senior, "week")
    for why in (" ", "a mistake\0"):
        with pytest.raises(BadDecision):
            decision_lift(decision, moderator=senior, why=why)
    with pytest.raises(NotPossible):
        decision_lift(decision, moderator=enrol("triage")[0], why="mistake")
    decision_lift(decision, moderator=senior, why="A mistake of ours.")
    assert visitor_bans() == {}
    with pytest.raises(NotPossible):
        decision_lift(decision, moderator=senior, why="again")


def test_ladder_climbs_with_what_came_before(senior: User) -> None:
    assert suggested_measure("harassment", []) == "warn"
    assert suggested_measure("minors", []) == "day"
    assert suggested_measure("harassment", ["warn", "day"]) == "week"
    assert suggested_measure("harassment", ["permanent"]) == "permanent"
    decided(case_of(), senior, "day")
    again = case_of(reason="hate", reporter="carol")
    assert dict(case_actions(again, senior).rules)["harassment"] == "week"


def test_persons_word_takes_the_place_of_the_automatic_one(senior: User) -> None:
    case, *_ = [case_of(reporter=reporter) for reporter in ("alice", "carol", "dave")]
    assert BOB in visitor_bans()
    assert dict(case_actions(case, senior).rules)["harassment"] == "warn", "nothing came before"
    decided(case, senior, "dismiss")
    assert visitor_bans() == {}
    again = case_of(reporter="erin")
    assert dict(case_actions(again, senior).rules)["harassment"] == "warn"


def test_warning_and_a_ban_that_has_run_out_can_be_lifted(
    senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning = decided(case_of(), senior, "warn")
    sanctions_expire()
    decision_lift(warning, moderator=senior, why="A mistake of ours.")
    assert visitor_warnings() == {}
    again = case_of(reporter="carol")
    assert dict(case_actions(again, senior).rules)["harassment"] == "warn"


def test_lifted_sanction_does_not_count_for_the_ladder(senior: User) -> None:
    decision = decided(case_of(), senior, "day")
    decision_lift(decision, moderator=senior, why="A mistake of ours.")
    again = case_of(reporter="carol")
    assert dict(case_actions(again, senior).rules)["harassment"] == "warn"


# --- Who may, and when ----------------------------------------------------------------------------


def test_undecided_case_must_be_claimed_first(senior: User) -> None:
    case = case_of()
    with pytest.raises(NotPossible):
        case_decide(case.pk, moderator=senior, version=case.version, measure="dismiss")
    assert not Decision.objects.exists()


def test_stale_version_is_refused_and_names_who_changed_it(senior: User) -> None:
    case = case_of()
    held = case_claim(case.pk, moderator=senior)
    report_receive(draft(reporter="carol"))
    reports_sweep()
    with pytest.raises(Stale, match="Changed by automatic"):
        case_decide(case.pk, moderator=senior, version=held.version, measure="dismiss")
    assert not Decision.objects.exists()


def test_measure_without_permission_changes_nothing() -> None:
    triage = enrol("triage")[0]
    case = case_of()
    held = case_claim(case.pk, moderator=triage)
    with pytest.raises(NotPossible):
        case_decide(
            case.pk,
            moderator=triage,
            version=held.version,
            measure="permanent",
            rule="harassment",
            facts="x",
        )
    case.refresh_from_db()
    assert (case.status, case.version) == ("claimed", held.version)


def test_child_safety_lane_has_its_own_permission() -> None:
    case = case_of(reason="minor")
    moderator = enrol("moderator")[0]
    with pytest.raises(NotPossible):
        case_claim(case.pk, moderator=moderator)
    with pytest.raises(NotPossible):
        evidence_view(Evidence.objects.get(), moderator=moderator)


@pytest.mark.parametrize("missing", ["rule", "facts"])
def test_restriction_without_statement_is_refused(senior: User, missing: str) -> None:
    with pytest.raises(BadDecision):
        decided(case_of(), senior, "day", **{missing: " "})
    assert not Sanction.objects.exists()


def test_second_claim_is_refused_until_the_lease_is_over(
    senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = enrol("senior")[0]
    case = case_of()
    case_claim(case.pk, moderator=senior)
    with pytest.raises(NotPossible, match=senior.get_username()):
        case_claim(case.pk, moderator=other)
    later = timezone.now() + policy.CLAIM + timedelta(seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert case_claim(case.pk, moderator=other).claimed_by == other


def test_lapsed_claims_are_given_back(senior: User, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of()
    case_claim(case.pk, moderator=senior)
    assert claims_expire() == 0
    begun = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: begun + timedelta(minutes=15))
    case_renew(case.pk, moderator=senior)
    monkeypatch.setattr("django.utils.timezone.now", lambda: begun + timedelta(minutes=30))
    assert claims_expire() == 0, "looking renewed it"
    monkeypatch.setattr("django.utils.timezone.now", lambda: begun + timedelta(minutes=36))
    assert claims_expire() == 1
    case.refresh_from_db()
    assert case.status == "open"


def test_one_moderator_holds_one_case(senior: User) -> None:
    first, second = case_of("bob"), case_of("eve")
    case_claim(first.pk, moderator=senior)
    case_claim(second.pk, moderator=senior)
    first.refresh_from_db()
    assert first.status == "open"
    case_release(second.pk, moderator=senior)
    assert not Case.objects.filter(claimed_by=senior).exists()


def test_next_is_the_most_urgent_case_there_is(senior: User) -> None:
    case_of("bob", reason="spam")
    urgent = case_of("eve", reason="minor")
    taken = case_next(moderator=senior)
    assert taken is not None
    assert taken.pk == urgent.pk


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("event", Event)
def test_table_allows_what_it_lists_and_nothing_else(status: Status, event: Event) -> None:
    if event in possible_events(status):
        assert transition(status, event) in Status
    else:
        with pytest.raises(NotPossible):
            transition(status, event)


def test_every_role_and_measure_is_named() -> None:
    assert set(roles.ROLES) == set(get_args(roles.Role))
    assert set(policy.MEASURES) == set(get_args(Measure))
    assert set(policy.LANES) == set(get_args(policy.Lane)) == set(policy.LANE_OF.values())


# --- The database's own word ----------------------------------------------------------------------


def test_sanction_without_statement_cannot_be_written(senior: User) -> None:
    case = case_of()
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.create(
            reference="D-1",
            case=case,
            subject=BOB,
            by=senior,
            measure="day",
            source="report",
            case_version=99,
            created_at=timezone.now(),
        )


def test_automation_cannot_ban_for_longer_than_a_day(senior: User) -> None:
    decision = decided(case_of(), senior, "day")
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Sanction.objects.create(
            decision=decision,
            target="visitor",
            tag=BOB,
            measure="week",
            automated=True,
            starts_at=now,
            seconds=86_401,
            until=now + timedelta(seconds=86_401),
        )


def test_automation_cannot_ban_for_good(senior: User) -> None:
    decision = decided(case_of(), senior, "day")
    with pytest.raises(IntegrityError), transaction.atomic():
        Sanction.objects.create(
            decision=decision,
            target="visitor",
            tag=BOB,
            measure="permanent",
            automated=True,
            starts_at=timezone.now(),
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE moderation_auditentry SET actor = 'nobody'",
        "DELETE FROM moderation_auditentry",
        "UPDATE moderation_decision SET why = 'other'",
        "UPDATE moderation_sanction SET measure = 'warn'",
        "UPDATE moderation_activity SET actor = 'nobody'",
    ],
)
def test_what_is_append_only_refuses_sql(senior: User, statement: str) -> None:
    decided(case_of(), senior, "day")
    with (
        pytest.raises((IntegrityError, InternalError), match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["auditentry", "decision", "sanction"])
def test_what_is_append_only_is_not_replaced_either(senior: User, table: str) -> None:
    decided(case_of(), senior, "day")
    copy = f"INTO moderation_{table} SELECT * FROM moderation_{table}"
    statement = f"INSERT OR REPLACE {copy} WHERE true"
    if connection.vendor == "postgresql":
        statement = f"INSERT {copy} ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id"
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        connection.cursor().execute(statement)


def test_audit_chain_holds_from_entry_to_entry(senior: User) -> None:
    case = case_of()
    evidence_view(Evidence.objects.get(), moderator=senior)
    decided(case, senior, "warn")
    entries = list(AuditEntry.objects.order_by("id"))
    assert [entry.action for entry in entries] == ["view", "claim", "decide"]
    previous = "0" * 64
    for number, entry in enumerate(entries, start=1):
        assert entry.id == number
        assert entry.previous == previous
        assert entry.digest == entry_digest(entry)
        previous = entry.digest


def test_audit_names_no_visitor(senior: User) -> None:
    decided(case_of(), senior, "day")
    for entry in AuditEntry.objects.all():
        assert BOB not in repr(vars(entry))


def test_every_change_has_its_activity(senior: User) -> None:
    case = case_of()
    decided(case, senior, "warn")
    events = list(Activity.objects.order_by("id").values_list("event", "before", "after"))
    assert events == [
        ("report", "open", "open"),
        ("claim", "open", "claimed"),
        ("decide", "claimed", "decided"),
    ]
