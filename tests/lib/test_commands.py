"""What every command has in common: how it answers and ends, and that it says what it changes."""

import io
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import OutputWrapper
from django.db import OperationalError, connection

from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, progress, span, table
from tests.commands import run
from tests.environment import ROOT

OURS = {
    name: app for name, app in get_commands().items() if app in ("omegle", "chat", "moderation")
}
# They write what is committed.
OTHERS = {"protocol_docs", "operations_docs", "settings_docs", "draw_icons"}


def command(name: str) -> Any:
    return load_command_class(OURS[name], name)


@pytest.mark.parametrize("name", sorted(set(OURS) - OTHERS))
def test_command_has_the_manners(name: str) -> None:
    made = command(name)
    assert isinstance(made, OperatorCommand)
    said = " ".join(made.create_parser("manage.py", name).format_help().split())
    assert made.help in said
    assert (made.changes or "Changes nothing.") in said
    assert "--json" in said


def test_page_of_the_documentation_is_up_to_date() -> None:
    call_command("operations_docs", "--check")


@pytest.mark.parametrize("name", sorted(set(OURS) - OTHERS))
def test_unknown_option_is_one_line_and_status_2(name: str) -> None:
    ran = run(name, "--no-such-option")
    assert (ran.code, ran.out, len(ran.said.splitlines())) == (Exit.USAGE, "", 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        "ban R-0000-0000 --as ada --measure day --rule spam --facts x",
        "unban R-0000-0000 --as ada --why x",
        "backup {path}",
        "create_moderator ada --role triage",
        "purge",
        "purge --dry-run",
        "replay_filter",
        "rotate_evidence_keys",
        "rules export",
        "seed_demo --yes",
        "status",
        "switch video off",
        "transparency_report --from 2026-01-01 --to 2026-01-31",
        "verify_audit",
    ],
)
def test_database_away_is_one_line_and_status_4(
    words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def away(*args: object) -> None:
        raise OperationalError("no route to db.internal")

    path = tmp_path / "file"
    monkeypatch.setattr(connection, "cursor", away)
    ran = run(*words.format(path=path).split())
    assert (ran.code, ran.out) == (Exit.AWAY, "")
    assert ran.said == "The database is away (OperationalError)."
    assert not path.exists()


def test_what_stops_a_command_is_one_line_on_stderr() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "announce", "x" * 301],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "announce: Say something in one line of up to 300 characters.\n"


class Failing(OperatorCommand):
    help = "Fails."

    def __init__(self, error: Exception | None) -> None:
        super().__init__(stdout=io.StringIO(), stderr=io.StringIO())
        self.error = error

    def answer(self, **options: Any) -> Answer:
        if self.error:
            raise self.error
        return Answer({"ok": False}, ["It is not well."], problem="One thing is wrong.")


def test_database_that_is_away_is_status_4() -> None:
    with pytest.raises(Stop, match=r"^The database is away \(OperationalError\)\.$") as stopped:
        Failing(OperationalError("password=geheim")).handle(json=False)
    assert stopped.value.returncode == Exit.AWAY


def test_answer_with_a_problem_is_printed_and_status_1() -> None:
    failing = Failing(None)
    with pytest.raises(Stop, match="One thing is wrong") as stopped:
        failing.handle(json=False)
    assert stopped.value.returncode == Exit.NO
    assert failing.stdout.getvalue() == "It is not well.\n"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400)]
)
def test_span_is_read(text: str, seconds: int) -> None:
    assert span(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "m", "0s", "-1s", "1.5h", "1w", "1 m", "²s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    ran = run("announce", "Hello.", f"--for={text}")
    assert ran.code == Exit.USAGE


def test_columns_stand_under_each_other() -> None:
    assert table([("evidence", 12), ("still", 3)]) == ["evidence  12", "still      3"]
    assert table([]) == []


def test_progress_is_drawn_for_a_terminal_alone() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    here, elsewhere = Terminal(), io.StringIO()
    for out in (here, elsewhere):
        draw = progress(OutputWrapper(out), 4)
        draw(2)
        draw(4)
    assert here.getvalue().endswith(f"\r[{'#' * 30}] 4/4\n")
    assert elsewhere.getvalue() == ""


def test_who_reads_only_the_beginning_is_no_fault() -> None:
    done = subprocess.run(
        f"{sys.executable} manage.py rotate_keys --json | true",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
