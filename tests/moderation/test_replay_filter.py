"""`replay_filter`: in counts, what rules make of what was reported."""

import base64
import json
from pathlib import Path

import pytest
from pytest_django import Settings

from moderation.models import AuditEntry, Evidence, FilterRule
from tests.commands import run
from tests.moderation import factories
from tests.moderation.factories import line

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _reported(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path
    FilterRule.objects.all().delete()
    factories.report(
        "harassment",
        line("you pillock numpty"),
        line("no, you pillock", seat=2, seq=1),
        line("I wrote the word before", seq=2, verdict="mask"),
        line("", seq=2, kind="left", seat=0),
    )


def test_present_rules_are_compared_with_what_was_done() -> None:
    factories.rule(text="pillock", state="act")
    factories.rule(text="numpty", action="hold")
    ran = run("replay_filter", "--json")
    assert ran.data == {
        "evidence": 1,
        "unopened": 0,
        "lines": 3,
        "changes": {"allow > mask": 2, "mask > allow": 1},
        "rules": {"term: pillock": 2, "term: numpty": 1},
    }
    entry = AuditEntry.objects.get(action="replay")
    assert (entry.actor.startswith("command by "), entry.detail) == (True, {"evidence": 1})


def test_proposed_rules_are_compared_with_the_present_ones(tmp_path: Path) -> None:
    factories.rule(text="pillock", state="act")
    factories.rule(text="numpty", action="hold")
    file = tmp_path / "rules.jsonl"
    rows = [
        {"kind": "term", "text": "numpty", "action": "hold"},
        {"kind": "term", "text": "pillock", "enabled": False},
        {"kind": "term", "text": "wrote", "action": "warn"},
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    ran = run("replay_filter", str(file), "--json")
    assert ran.data["changes"] == {"mask > hold": 1, "mask > allow": 1, "allow > warn": 1}
    assert FilterRule.objects.count() == 2


def test_no_text_is_shown() -> None:
    factories.rule(text="pillock", state="act")
    out = run("replay_filter").out
    assert "pillock" in out  # the rule's own word
    for word in ("numpty", "you", "wrote"):
        assert word not in out.split()


def test_evidence_that_no_key_opens_is_counted(settings: Settings) -> None:
    settings.EVIDENCE_KEYS = (base64.urlsafe_b64encode(bytes(range(32))).decode(),)
    ran = run("replay_filter", "--json")
    assert (ran.code, ran.data["unopened"], ran.data["lines"]) == (1, 1, 0)


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    assert run("replay_filter", str(tmp_path / "none")).code == 3
    bad = tmp_path / "bad"
    bad.write_text('{"kind":"term","text":"!"}')
    assert run("replay_filter", str(bad)).code == 1
    assert not AuditEntry.objects.filter(action="replay").exists()
    Evidence.objects.all().delete()
    assert "nothing" in run("replay_filter").out
