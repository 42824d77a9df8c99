"""`make run` for real: one copy, two copies, and everything that stops a start."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from base64 import b32decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest
from django_otp.oath import totp

from tests.environment import ROOT
from tests.process.copies import LAUNCHER, START_SECONDS, STOP_SECONDS, Copy, wait_until

pytestmark = pytest.mark.process

RESTART_SECONDS = 5


@dataclass
class FirstRun:
    """What was seen while a copy ran for the first time; it has ended since."""

    copy: Copy
    out: str
    err: str
    password: str | None
    readyz: tuple[int, dict[str, Any]]
    admin: str
    stylesheet: str
    code: int


@pytest.fixture(scope="module")
def first(home: Path) -> FirstRun:
    copy = Copy(home / "first", starts_empty=True)
    copy.start()
    try:
        copy.wait_ready()
        wait_until(
            lambda: copy.readyz()[1]["jobs"]["ok"],
            seconds=START_SECONDS,
            otherwise=lambda: f"no heartbeat: {copy.readyz()}\n{copy.err}",
        )
        readyz = copy.readyz()
        admin, stylesheet = sign_in(copy)
        password = copy.password
        code = copy.stop()
    finally:
        copy.end()
    return FirstRun(copy, copy.out, copy.err, password, readyz, admin, stylesheet, code)


def sign_in(copy: Copy) -> tuple[str, str]:
    """Give the page behind the admin's sign-in, and its stylesheet."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{copy.url}/admin/login/?next=/admin/", timeout=10) as response:
        form = response.read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    sheet = re.search(r'href="(/static/admin/css/base\.\w+\.css)"', form)
    assert token
    assert sheet
    assert copy.secret
    fields = {"username": "admin", "password": copy.password, "csrfmiddlewaretoken": token[1]}
    fields |= {"otp_token": f"{totp(b32decode(copy.secret)):06d}", "next": "/admin/"}
    body = urlencode(fields).encode()
    with browser.open(f"{copy.url}/admin/login/", body, timeout=10) as response:
        page = response.read().decode()
    with browser.open(copy.url + sheet[1], timeout=10) as response:
        return page, response.read().decode()


@pytest.fixture(scope="module")
def running(first: FirstRun, home: Path) -> Iterator[Copy]:
    """A copy that runs, for tests that leave it alone."""
    copy = first.copy.twin(home / "running")
    copy.start()
    try:
        copy.wait_ready()
        yield copy
    finally:
        copy.end()


@pytest.fixture
def make(first: FirstRun, home: Path) -> Iterator[Callable[..., Copy]]:
    """Make copies that are set up already; they end with the test."""
    copies = []

    def make(command: tuple[str, ...] = LAUNCHER, **settings: str) -> Copy:
        copy = first.copy.twin(Path(tempfile.mkdtemp(dir=home)) / "c")
        copy.command, copy.settings = command, settings
        copies.append(copy)
        return copy

    yield make
    for copy in copies:
        copy.end()


@pytest.fixture
def fresh(home: Path) -> Copy:
    """A copy that was never started."""
    return Copy(Path(tempfile.mkdtemp(dir=home)), starts_empty=True)


# --- A copy -------------------------------------------------------------------------------------


def test_first_run_tells_how_to_sign_in(first: FirstRun) -> None:
    assert first.password
    rows = dict(re.findall(r"^  (address|name|app link) +(\S+)$", first.out, re.MULTILINE))
    assert rows["address"] == f"{first.copy.url}/admin/"
    assert rows["name"] == "admin"
    assert rows["app link"].startswith("otpauth://totp/Omegle%3Aadmin?secret=")
    assert "Log out" in first.admin


def test_first_run_serves_hashed_static_files(first: FirstRun) -> None:
    assert ":root" in first.stylesheet


def test_readyz_names_every_part(first: FirstRun) -> None:
    status, body = first.readyz
    age = body["jobs"].pop("heartbeat_age")
    assert status == 200
    assert body == {
        "ready": True,
        "draining": False,
        "redis": {"ok": True},
        "database": {"ok": True},
        "jobs": {"ok": True},
    }
    assert 0 <= age < 30


def test_sigterm_ends_everything_with_status_0(first: FirstRun) -> None:
    assert first.code == 0


def test_run_says_nothing_else(first: FirstRun) -> None:
    assert len(first.out.splitlines()) == 8 + first.out.count(" WARN ")
    assert first.err == ""


def test_run_directory_is_private(first: FirstRun) -> None:
    paths = [first.copy.run_dir, *first.copy.run_dir.iterdir()]
    assert [path for path in paths if path.stat().st_mode & 0o077] == []


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["SIGINT", "SIGHUP"])
def test_restart_is_fast_and_a_signal_to_the_group_ends_it(
    make: Callable[..., Copy], number: signal.Signals
) -> None:
    copy = make()
    taken: list[float] = []
    # Other work on the machine may slow one start down, not all of them.
    while len(taken) < 3 and min(taken, default=RESTART_SECONDS) >= RESTART_SECONDS:
        copy.start()
        taken.append(copy.wait_ready())
        assert copy.password is None
        assert copy.stop(number, group=True) == 0
    assert min(taken) < RESTART_SECONDS


def test_signal_while_starting_ends_everything(make: Callable[..., Copy]) -> None:
    copy = make()
    copy.start()
    wait_until(
        lambda: any("supervisor" in line for line in copy.processes()),
        seconds=START_SECONDS,
        otherwise=lambda: copy.err,
    )
    assert copy.stop() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_killed_launcher_takes_its_processes_along(make: Callable[..., Copy]) -> None:
    copy = make()
    copy.start()
    copy.wait_ready()
    copy.process.kill()
    copy.process.wait()
    wait_until(
        lambda: not copy.processes(),
        seconds=STOP_SECONDS,
        otherwise=lambda: f"still there: {copy.processes()}",
    )


def test_dead_process_is_started_again(make: Callable[..., Copy]) -> None:
    copy = make()
    copy.start()
    copy.wait_ready()
    pids = [
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if str(copy.run_dir).encode() in _read(entry / "environ")
        and b"omegle.server.web" in _read(entry / "cmdline")
    ]
    os.kill(pids[0], signal.SIGKILL)
    wait_until(lambda: not _answers(copy), seconds=STOP_SECONDS, otherwise=lambda: "still there")
    wait_until(lambda: _answers(copy), seconds=START_SECONDS, otherwise=lambda: copy.err)
    assert copy.stop() == 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _answers(copy: Copy) -> bool:
    try:
        return copy.readyz()[0] == 200
    except OSError:
        return False


def test_two_copies_with_two_workers_run_side_by_side(make: Callable[..., Copy]) -> None:
    one, two = make(), make(WORKERS="2")
    one.start()
    two.start()
    one.wait_ready()
    two.wait_ready()
    assert one.run_dir.joinpath("redis-url").read_text() != (two.run_dir / "redis-url").read_text()
    assert one.stop() == 0
    assert two.readyz()[0] == 200
    assert two.stop() == 0


def test_manage_py_finds_the_running_copy(running: Copy) -> None:
    address = (running.run_dir / "redis-url").read_text()
    settings = subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=ROOT,
        env=running.environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"REDIS_URL = {address!r}" in settings
    assert Path(address.removeprefix("unix://")).is_socket()


def test_make_passes_settings_and_signals_on(make: Callable[..., Copy]) -> None:
    copy = make()
    given = [f"{name}={value}" for name, value in copy.environment().items() if name == "PORT"]
    # The environment is there already: nothing is to be installed.
    copy.command = ("make", "--no-print-directory", "-o", f"{sys.prefix}/.run-stamp", "run")
    copy.command += (f"VENV={sys.prefix}", *given)
    copy.settings["PORT"] = "1"
    copy.start()
    copy.wait_ready()
    copy.stop()


def test_development_server_debugs_and_ends(make: Callable[..., Copy]) -> None:
    copy = make((*LAUNCHER, "--dev"))
    copy.start()
    copy.wait_ready()
    with pytest.raises(HTTPError) as nowhere:
        urlopen(f"{copy.url}/nowhere", timeout=10)
    with nowhere.value as page:
        assert "DEBUG = True" in page.read().decode()
    assert copy.stop() == 0


# --- What stops a start ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("LIMIT_MESSAGES", "lots", "LIMIT_MESSAGES: must be count/seconds"),
        ("PORT", "eighty", "PORT must be a whole number"),
        ("DATABASE_URL", "elsewhere", "DATABASE_URL must look like"),
        ("REDIS_URL", "elsewhere", "REDIS_URL must look like"),
        ("PUBLIC_URL", "example.org", "PUBLIC_URL must look like"),
    ],
)
def test_malformed_setting_is_one_line(fresh: Copy, name: str, value: str, told: str) -> None:
    fresh.settings[name] = value
    code, lines = fresh.fail()
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith(f"omegle: {told}")


def test_port_in_use_is_one_line(running: Copy, fresh: Copy) -> None:
    fresh.port = running.port
    code, lines = fresh.fail()
    assert code == 1
    assert lines == [f"omegle: port {fresh.port} of 127.0.0.1 is in use: choose another with PORT"]


def test_run_directory_that_cannot_be_made_is_one_line(fresh: Copy) -> None:
    fresh.run_dir.write_text("a file in its place: works for root too")
    code, lines = fresh.fail()
    assert code == 1
    assert lines == [f"omegle: RUN_DIR {fresh.run_dir} cannot be used: File exists"]


def test_run_directory_in_use_is_one_line(running: Copy, fresh: Copy) -> None:
    fresh.settings["RUN_DIR"] = str(running.run_dir)
    code, lines = fresh.fail()
    assert code == 1
    assert len(lines) == 1
    assert f"another copy runs in RUN_DIR {running.run_dir}" in lines[0]


def test_database_that_is_away_is_one_line(fresh: Copy) -> None:
    fresh.settings["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
    code, lines = fresh.fail()
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith("omegle: the database cannot be used: ")


def test_process_that_cannot_start_is_told(make: Callable[..., Copy], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'omegle.server.web' in sys.orig_argv: sys.exit('no web today')\n"
    )
    copy = make(PYTHONPATH=str(tmp_path))
    code, lines = copy.fail()
    assert code == 1
    assert any("no web today" in line for line in lines)
    assert lines[-1].startswith("omegle: web ended while starting")
