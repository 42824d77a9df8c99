"""What the tests need is found, or a line says how to install it."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import postgres, provision
from tests.environment import ROOT


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine that has nothing and where nothing can be installed; gives what was tried."""
    tried: list[list[str]] = []

    def refuse(command: list[str]) -> bool:
        tried.append(command)
        return False

    monkeypatch.setattr(provision, "_run", refuse)
    for name in ("chromium", "postgres", "coturn", "nginx", "gettext", "node"):
        monkeypatch.setattr(provision, name, lambda: None)
    return tried


@pytest.mark.parametrize(
    ("debian", "tried", "told"),
    [
        (True, "apt-get", "apt-get install chromium"),
        (False, "playwright", "-m playwright install chromium"),
    ],
)
def test_missing_browser_fails_with_the_line_that_installs_it(
    bare: list[list[str]], monkeypatch: pytest.MonkeyPatch, debian: bool, tried: str, told: str
) -> None:
    monkeypatch.setattr(provision, "_is_debian", lambda: debian)
    with pytest.raises(provision.Missing, match=told):
        provision.everything()
    assert all(tried in command for command in bare)


def test_missing_database_fails_with_the_line_that_installs_it(
    bare: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provision, "chromium", lambda: Path("/somewhere"))
    with pytest.raises(provision.Missing, match="apt-get install postgresql"):
        provision.everything()


def test_missing_turn_server_fails_with_the_line_that_installs_it(
    bare: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("chromium", "postgres"):
        monkeypatch.setattr(provision, name, lambda: Path("/somewhere"))
    with pytest.raises(provision.Missing, match="apt-get install coturn"):
        provision.everything()


def test_missing_proxy_fails_with_the_line_that_installs_it(
    bare: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("chromium", "postgres", "coturn"):
        monkeypatch.setattr(provision, name, lambda: Path("/somewhere"))
    with pytest.raises(provision.Missing, match="apt-get install nginx-light"):
        provision.everything()


@pytest.mark.parametrize("program", ["node", "npm"])
def test_node_of_the_wheel_runs_where_the_system_has_none(program: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tests.provision", program, "--version"],
        cwd=ROOT,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip().removeprefix("v")[0].isdigit()


@pytest.mark.process
def test_postgres_of_the_wheel_runs_where_the_system_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wheel = [path for path in provision._postgres_directories() if "pgserver" in str(path)]
    monkeypatch.setattr(provision, "_postgres_directories", lambda: iter(wheel))
    with postgres.running_postgres() as address:
        place = address.split("@")[1].split("/")[0].replace("%2F", "/")
        with psycopg.connect(host=place, user="postgres", dbname="postgres") as connection:
            row = connection.execute("SHOW fsync").fetchone()
    assert row == ("off",)
    assert not Path(place).exists()
