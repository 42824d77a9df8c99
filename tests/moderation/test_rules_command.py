"""`rules`: what one copy hands to another, and what the present rules make of a text."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from moderation.models import AuditEntry, FilterRule
from moderation.services.rules import rule_save, rules_load
from tests.commands import run
from tests.moderation import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_place(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path
    FilterRule.objects.all().delete()


def written(place: Path, *rows: dict[str, object] | str) -> str:
    file = place / "rules.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return str(file)


def old_rule(**fields: object) -> FilterRule:
    rule = factories.rule(**fields)
    FilterRule.objects.update(observed_since=timezone.now() - timedelta(days=1))
    rule.refresh_from_db()
    return rule


def listed_rule() -> FilterRule:
    rules_load()
    return FilterRule.objects.filter(origin="list", kind="term").order_by("pk")[0]


def test_new_rules_observe_and_are_written_down(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {"kind": "term", "text": "Numpty", "action": "hold", "state": "act"},
        {"kind": "domain", "text": "https://spam.example.com/x", "severity": 3},
    )
    ran = run("rules", "import", file, "--json")
    assert ran.data == {"added": 2, "changed": 0, "unchanged": 0, "refused": []}
    assert set(FilterRule.objects.values_list("text", "state", "origin", "action")) == {
        ("numpty", "observe", "own", "hold"),
        ("spam.example.com", "observe", "own", "mask"),
    }
    actors = AuditEntry.objects.filter(action="rule-add").values_list("actor", flat=True)
    assert [actor.startswith("command by ") for actor in actors] == [True, True]
    assert run("rules", "import", file, "--json").data["unchanged"] == 2


def test_dry_run_tells_it_and_changes_nothing(tmp_path: Path) -> None:
    factories.rule(text="numpty")
    file = written(
        tmp_path,
        {"kind": "term", "text": "numpty", "severity": 3},
        {"kind": "term", "text": "pillock"},
    )
    before = AuditEntry.objects.count()
    ran = run("rules", "import", file, "--dry-run", "--json")
    assert ran.data == {"added": 1, "changed": 1, "unchanged": 0, "refused": []}
    assert list(FilterRule.objects.values_list("text", "severity")) == [("numpty", 2)]
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    "bad",
    [
        "{nonsense",
        {"kind": "word", "text": "pillock"},
        {"kind": "term", "text": "!"},
        {"kind": "pattern", "text": "(?=x)"},
        {"kind": "pattern", "text": ".*"},
        {"kind": "term", "text": "pillock", "severity": 4},
        {"kind": "term", "text": "pillock", "reason": "manners"},
        {"kind": "term", "text": "pillock", "colour": "red"},
        {"kind": "term", "text": "pillock", "note": "\0"},
        {"kind": "term", "text": "NUMPTY"},
    ],
)
def test_one_bad_line_and_nothing_is_taken(tmp_path: Path, bad: dict[str, object] | str) -> None:
    file = written(tmp_path, {"kind": "term", "text": "numpty"}, "", bad)
    ran = run("rules", "import", file, "--json")
    assert (ran.code, [each["line"] for each in ran.data["refused"]]) == (1, [3])
    assert not FilterRule.objects.exists()
    assert not AuditEntry.objects.exists()


def test_import_changes_what_is_there_and_makes_nothing_act(tmp_path: Path) -> None:
    acts, observes = old_rule(text="numpty", hits=7), old_rule(text="pillock")
    acts.state = "act"
    rule_save(acts, actor="ada", changed=["state"])
    file = written(
        tmp_path,
        {"kind": "term", "text": "numpty", "note": "mild", "state": "act"},
        {"kind": "term", "text": "pillock", "state": "act"},
    )
    assert run("rules", "import", file, "--json").data["changed"] == 1
    acts.refresh_from_db()
    observes.refresh_from_db()
    assert (acts.state, acts.hits, acts.note) == ("act", 7, "mild")
    assert observes.state == "observe"
    file = written(tmp_path, {"kind": "term", "text": "numpty", "note": "mild", "state": "observe"})
    assert run("rules", "import", file, "--json").data["changed"] == 1
    acts.refresh_from_db()
    assert acts.state == "observe"


def test_rule_of_a_list_is_changed_as_at_the_desk(tmp_path: Path) -> None:
    rule = listed_rule()
    row = {"kind": rule.kind, "text": rule.text, "action": rule.action, "reason": rule.reason}
    own = row | {"severity": rule.severity, "language": rule.language, "enabled": False}
    assert run("rules", "export", "--json").data == []
    assert run("rules", "import", written(tmp_path, own), "--json").data["changed"] == 1
    rule.refresh_from_db()
    assert (rule.enabled, rule.state) == (False, "act")
    assert [each["text"] for each in run("rules", "export", "--json").data] == [rule.text]
    other = own | {"severity": rule.severity % 3 + 1}
    ran = run("rules", "import", written(tmp_path, other), "--json")
    assert (ran.code, "severity" in ran.data["refused"][0]["why"]) == (1, True)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_is_exported_is_imported_again(tmp_path: Path, form: str) -> None:
    old_rule(text="numpty", note='a "quoted", note', enabled=False)
    old_rule(kind="pattern", text=r"\bbuy, \"now\"\b", severity=3, action="report", reason="spam")
    out = run("rules", "export", "--format", form).out
    file = tmp_path / f"rules.{form}"
    file.write_text(out)
    assert run("rules", "import", str(file), "--json").data["unchanged"] == 2
    FilterRule.objects.all().delete()
    assert run("rules", "import", str(file), "--json").data["added"] == 2
    assert run("rules", "export", "--format", form).out == out


def test_csv_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.csv"
    for text in ("kind,text\nterm,numpty,more\n", 'kind,text\nterm,"numpty\n', "a\nb\n"):
        file.write_text(text)
        assert run("rules", "import", str(file)).code == 1
    assert not FilterRule.objects.exists()


def test_text_is_tested_by_what_acts_and_what_observes(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = old_rule(text="numpty")
    acts.state = "act"
    rule_save(acts, actor="ada", changed=["state"])
    factories.rule(text="pillock", action="hold")
    before = AuditEntry.objects.count()
    ran = run("rules", "test", "you numpty pillock", "--json")
    assert (ran.data["action"], ran.data["shown"]) == ("mask", "you ****** pillock")
    assert {(hit["text"], hit["observe"]) for hit in ran.data["hits"]} == {
        ("numpty", False),
        ("pillock", True),
    }
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\n"))
    assert run("rules", "test", "-").out == "allow\n"
    assert run("rules", "test", "see you on example.com", "--early").out == "hold (link)\n"
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("export", "x"), 2),
        (("import",), 2),
        (("test",), 2),
        (("import", "/nowhere/rules.csv"), 3),
        (("import", "/"), 2),
        (("delete",), 2),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], code: int) -> None:
    assert run("rules", *words).code == code
