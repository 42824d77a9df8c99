"""`ban` and `unban`: a moderator's decision, made from the command line."""

from pathlib import Path

import pytest
from pytest_django import Settings

from moderation.models import AuditEntry, Case, Decision, Report
from moderation.selectors.bans import visitor_bans
from moderation.services.cases import case_claim
from tests.commands import Ran, run
from tests.moderation import factories

pytestmark = pytest.mark.django_db(transaction=True)

FACTS = "You insulted a stranger after they had asked you to stop."


@pytest.fixture(autouse=True)
def _own_place(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


@pytest.fixture
def case() -> Case:
    factories.moderator("senior", "ada")
    return factories.report("harassment")


def ban(target: object, *words: str, measure: str = "day", rule: str = "harassment") -> Ran:
    options = ("--as", "ada", "--measure", measure, "--rule", rule, "--facts", FACTS)
    return run("ban", str(target), *options, *words)


def actors(action: str) -> list[str]:
    return list(AuditEntry.objects.filter(action=action).values_list("actor", flat=True))


def test_ban_by_a_report_is_a_decision_of_the_moderator(case: Case) -> None:
    reference = Report.objects.get().reference
    ran = ban(reference.lower(), "--json")
    decision = Decision.objects.get()
    assert ran.code == 0
    assert ran.data == {"case": case.pk, "measure": "day", "decision": decision.reference}
    assert decision.by is not None
    assert (decision.by.username, decision.facts, decision.rule) == ("ada", FACTS, "harassment")
    [told] = visitor_bans([case.subject]).values()
    assert FACTS in told.statement
    assert Report.objects.get().outcome == "upheld"
    assert actors("decide") == ["ada"]
    assert [actor.startswith("command by ") for actor in actors("ban")] == [True]
    entry = AuditEntry.objects.get(action="ban")
    assert entry.detail == {"as": "ada", "decision": decision.reference}


@pytest.mark.parametrize("name", ["{}", "case {}", "Case-{}"])
def test_ban_by_a_case(case: Case, name: str) -> None:
    assert ban(name.format(case.pk), measure="warn").code == 0
    assert Decision.objects.get().measure == "warn"


def test_dry_run_decides_nothing(case: Case) -> None:
    before = AuditEntry.objects.count()
    ran = ban(case.pk, "--dry-run")
    assert (ran.code, "Nothing was changed" in ran.out) == (0, True)
    assert not Decision.objects.exists()
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == ("open", None)
    assert AuditEntry.objects.count() == before


def test_permanent_ban_is_refused(case: Case) -> None:
    ran = ban(case.pk, measure="permanent")
    assert (ran.code, Decision.objects.exists()) == (1, False)
    assert "desk" in ran.said


def test_what_the_moderator_may_not_is_refused_whole(case: Case) -> None:
    factories.moderator("triage", "tom")
    options = ("--measure", "day", "--rule", "harassment", "--facts", FACTS)
    ran = run("ban", str(case.pk), "--as", "tom", *options)
    assert (ran.code, ran.said) == (1, "You may not impose this.")
    case.refresh_from_db()
    assert case.claimed_by is None
    assert not Decision.objects.exists()


def test_case_that_somebody_else_holds_is_left_to_them(case: Case) -> None:
    ben = factories.moderator("senior", "ben")
    case_claim(case.pk, moderator=ben)
    ran = ban(case.pk)
    assert ran.code == 1
    case.refresh_from_db()
    assert case.claimed_by == ben


def test_rule_of_another_lane_and_a_decided_case_are_refused(case: Case) -> None:
    assert ban(case.pk, rule="spam").code == 1
    assert ban(case.pk).code == 0
    assert ban(case.pk).code == 1
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("ban", "R-0000-0000"), 3),
        (("ban", "4711"), 3),
        (("ban", "nonsense"), 3),
        (("unban", "D-0000-0000"), 3),
    ],
)
def test_what_does_not_exist_is_named(case: Case, words: tuple[str, ...], code: int) -> None:
    more = ("--measure", "day", "--rule", "harassment", "--facts", FACTS)
    ran = run(*words, "--as", "ada", *(more if words[0] == "ban" else ("--why", "x")))
    assert (ran.code, words[1] in ran.said) == (code, True)


def test_moderator_who_does_not_exist_or_has_left_is_refused(case: Case) -> None:
    gone = factories.moderator("senior", "gone")
    gone.is_active = False
    gone.save()
    for name in ("nobody", "gone"):
        more = ("--measure", "day", "--rule", "harassment", "--facts", FACTS)
        assert run("ban", str(case.pk), "--as", name, *more).code == 3
        assert run("unban", str(case.pk), "--as", name, "--why", "x").code == 3


@pytest.mark.parametrize("words", [("--measure", "forever"), ("--rule", "manners"), ("--ass", "x")])
def test_bad_option_is_a_usage_error(case: Case, words: tuple[str, ...]) -> None:
    options = ["--as", "ada", "--measure", "day", "--rule", "harassment", "--facts", FACTS]
    ran = run("ban", str(case.pk), *options, *words)
    assert (ran.code, len(ran.said.splitlines())) == (2, 1)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("by", ["decision", "report", "case", "tag"])
def test_unban_lifts_what_keeps_them_out(case: Case, by: str) -> None:
    ban(case.pk)
    names = {
        "decision": Decision.objects.get().reference,
        "report": Report.objects.get().reference,
        "case": str(case.pk),
        "tag": case.subject,
    }
    words = ("unban", names[by], "--as", "ada", "--why", "It was the wrong person.")
    assert (run(*words, "--dry-run").code, len(visitor_bans([case.subject]))) == (0, 1)
    ran = run(*words, "--json")
    assert ran.data == {"lifted": [names["decision"]], "dry_run": False}
    assert visitor_bans([case.subject]) == {}
    assert (actors("lift"), len(actors("unban"))) == (["ada"], 1)
    assert run(*words).code == 1  # nothing is in force any more


def test_unban_of_a_decision_leaves_the_others(case: Case) -> None:
    ban(case.pk)
    other = factories.report("spam", subject=case.subject)
    ban(other.pk, rule="spam")
    first = Decision.objects.get(case=case)
    assert run("unban", first.reference, "--as", "ada", "--why", "x").code == 0
    assert visitor_bans([case.subject])[case.subject].rule == "spam"


def test_unban_of_what_they_may_not_impose_lifts_nothing(case: Case) -> None:
    ban(case.pk, measure="week")
    factories.moderator("moderator", "mia")
    ran = run("unban", str(case.pk), "--as", "mia", "--why", "x")
    assert (ran.code, ran.said) == (1, "You may not lift this.")
    assert len(visitor_bans([case.subject])) == 1
