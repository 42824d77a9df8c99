"""The filter's rules on the desk: observed before they act, tried before they are saved."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from moderation.models import AuditEntry, FilterRule
from moderation.policy import RULE_OBSERVED_FOR
from moderation.services.rules import BadRuleChange, hits_write, rule_delete, rule_save
from omegle.lib import bells
from omegle.lib.redis import sync_client
from tests.moderation.factories import rule as made_rule
from tests.moderation.staff import signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/moderation/filterrule/"


@pytest.fixture(autouse=True)
def _without_the_lists(db: None) -> None:
    """Begin without the start-up lists, which every migrated database has."""
    FilterRule.objects.all().delete()


@pytest.fixture
def staff() -> tuple[Client, User]:
    return signed_in("senior")


@pytest.fixture
def client(staff: tuple[Client, User]) -> Client:
    return staff[0]


@pytest.fixture
def rings(django_capture_on_commit_callbacks: Any) -> Any:
    """How often the processes were told while the commits of a block are carried out."""

    def count() -> int:
        return int(sync_client().hget(bells.KEY, "rules") or 0)

    return count


def form(**fields: Any) -> dict[str, Any]:
    kept = {"kind": "term", "text": "numpty", "language": "", "action": "mask", "severity": 2}
    kept |= {"reason": "other", "enabled": "on", "state": "observe", "note": ""}
    return kept | fields


def save(client: Client, rule: FilterRule | None = None, **fields: Any) -> Any:
    return client.post(f"{LIST}{rule.pk}/change/" if rule else f"{LIST}add/", form(**fields))


def ready(rule: FilterRule) -> FilterRule:
    """Let a rule have observed for long enough."""
    since = timezone.now() - RULE_OBSERVED_FOR - timedelta(seconds=1)
    FilterRule.objects.filter(pk=rule.pk).update(observed_since=since, hits=7)
    rule.refresh_from_db()
    return rule


def test_new_rule_observes_whatever_is_posted(
    client: Client, rings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert save(client, state="act").status_code == 302
    assert FilterRule.objects.get().state == "observe"
    assert AuditEntry.objects.get(action="rule-add").target.endswith("term: numpty")
    assert rings() == 1


def test_rule_that_cannot_be_is_refused_at_its_field(client: Client) -> None:
    answer = save(client, kind="pattern", text=r"(?=look)around")
    assert answer.status_code == 200
    assert "This pattern cannot be used" in answer.content.decode()
    assert not FilterRule.objects.exists()


def test_pattern_that_hangs_other_engines_is_answered(client: Client) -> None:
    assert save(client, kind="pattern", text="(a+)+$").status_code in (200, 302)


def test_rule_acts_only_after_it_has_observed(client: Client) -> None:
    rule = made_rule(text="numpty")
    assert "until then it observes" in save(client, rule, state="act").content.decode()
    rule.refresh_from_db()
    assert rule.state == "observe"
    ready(rule)
    assert save(client, rule, state="act").status_code == 302
    rule.refresh_from_db()
    assert (rule.state, rule.hits) == ("act", 7)


def test_service_asks_the_same() -> None:
    rule = made_rule()
    rule.state = "act"
    with pytest.raises(BadRuleChange):
        rule_save(rule, actor="ada", changed=["state"])


def test_another_text_observes_anew(client: Client) -> None:
    rule = ready(made_rule(text="numpty", state="act"))
    save(client, rule, text="nincompoop", state="act")
    rule.refresh_from_db()
    assert (rule.text, rule.state, rule.hits) == ("nincompoop", "observe", 0)
    assert timezone.now() - rule.observed_since < timedelta(minutes=1)


def test_another_action_does_not(client: Client) -> None:
    rule = ready(made_rule(text="numpty", state="act"))
    save(client, rule, action="hold", state="act")
    rule.refresh_from_db()
    assert (rule.action, rule.state, rule.hits) == ("hold", "act", 7)


@pytest.mark.parametrize(("severity", "state"), [(1, "act"), (2, "act"), (3, "observe")])
def test_higher_severity_observes_anew(client: Client, severity: int, state: str) -> None:
    rule = ready(made_rule(text="numpty", state="act", severity=2))
    save(client, rule, severity=severity, state="act")
    rule.refresh_from_db()
    assert (rule.severity, rule.state) == (severity, state)


def test_saving_keeps_the_hits_that_were_written_meanwhile() -> None:
    rule = made_rule()
    FilterRule.objects.filter(pk=rule.pk).update(hits=5)
    rule.action = "hold"
    rule_save(rule, actor="ada", changed=["action"])
    rule.refresh_from_db()
    assert (rule.action, rule.hits) == ("hold", 5)


def test_rule_of_a_list_keeps_its_text_and_stays(client: Client) -> None:
    rule = made_rule(text="numpty", state="act", origin="list")
    save(client, rule, text="other", action="warn", state="act", enabled="")
    rule.refresh_from_db()
    assert (rule.text, rule.action, rule.enabled) == ("numpty", "warn", False)
    assert client.post(f"{LIST}{rule.pk}/delete/", {"post": "yes"}).status_code == 403
    with pytest.raises(BadRuleChange):
        rule_delete(rule, actor="ada")


def test_own_rule_is_deleted_and_that_is_written_down(client: Client) -> None:
    rule = made_rule(text="numpty")
    assert client.post(f"{LIST}{rule.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not FilterRule.objects.exists()
    assert AuditEntry.objects.filter(action="rule-delete").count() == 1


def test_several_are_switched_off_at_once_and_processes_told_once(
    client: Client, rings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rules = [made_rule() for _ in range(2)]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(LIST, {"action": "switch_off", "_selected_action": [rule.pk for rule in rules]})
    assert rings() == 1
    assert not FilterRule.objects.filter(enabled=True).exists()
    assert AuditEntry.objects.filter(action="rule-change").count() == 2


def test_rule_is_tried_before_it_is_saved(client: Client) -> None:
    posted = form(sample="you n u m p t y!")
    told = client.post(f"{LIST}try.json", posted).json()
    assert (told["hits"], told["done"]) == (1, "Masked")
    assert "n u m p t y" not in told["text"]
    assert not FilterRule.objects.exists()


def test_trying_what_is_no_rule_says_why(client: Client) -> None:
    answer = client.post(f"{LIST}try.json", form(kind="pattern", text="(", sample="x"))
    assert answer.status_code == 400
    assert "pattern" in answer.json()["problem"]


@pytest.mark.parametrize("path", ["", "add/", "try.json"])
def test_rules_are_for_those_who_may_edit_them(path: str) -> None:
    client, _ = signed_in("moderator")
    assert client.post(LIST + path, form()).status_code == 403


def test_list_can_be_searched_and_filtered(client: Client) -> None:
    made_rule(text="numpty"), made_rule(text="wally", kind="pattern")
    page = client.get(LIST, {"q": "wal", "kind__exact": "pattern"}).content.decode()
    assert "wally" in page
    assert "numpty" not in page


# --- Hits -----------------------------------------------------------------------------------------


def noted(rule: FilterRule, count: int) -> None:
    sync_client().hincrby("rules:hits", str(rule.pk), count)


def test_two_runs_at_once_count_each_hit_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = made_rule()
    noted(rule, 3)
    begin = transaction.atomic
    runs = [1]

    def begin_after_another() -> Any:
        if runs:
            runs.pop()
            noted(rule, 4)
            hits_write()
        return begin()

    monkeypatch.setattr("moderation.services.rules.transaction.atomic", begin_after_another)
    hits_write()
    monkeypatch.undo()
    rule.refresh_from_db()
    assert rule.hits == 7
    assert not sync_client().keys("rules:hits*")


def test_hits_that_a_killed_run_took_are_counted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = made_rule()
    noted(rule, 3)

    def killed() -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("moderation.services.rules.transaction.atomic", killed)
        with pytest.raises(SystemExit):
            hits_write()
    assert hits_write() == 0, "it may still be at work"
    taken = str(sync_client().zrange("rules:hits:taking", 0, -1)[0])
    sync_client().zincrby("rules:hits:taking", -700_000, taken)
    assert hits_write() == 1
    rule.refresh_from_db()
    assert rule.hits == 3
    assert not sync_client().keys("rules:hits*")


def test_action_that_is_none_is_refused_when_it_is_tried() -> None:
    client, _ = signed_in("senior")
    answer = client.post(
        "/admin/moderation/filterrule/try.json",
        {"kind": "term", "text": "gurkensalat", "action": "explode", "sample": "gurkensalat"},
    )
    assert answer.status_code == 400
