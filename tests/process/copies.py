"""Start whole copies of the project as an operator does, and look at what they leave behind."""

import atexit
import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.environment import ROOT

T = TypeVar("T")

LAUNCHER = (sys.executable, "-m", "omegle.run")
# What a start may take on a busy machine; how fast it should be is a test of its own.
START_SECONDS = 60
STOP_SECONDS = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(what: Callable[[], T], *, seconds: float, otherwise: Callable[[], str]) -> T:
    """Ask until the answer is true."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.02)
    return answer


# What a first start does to an empty RUN_DIR, without what is each copy's own: its keys, its staff.
_PREPARE = """
import django
from omegle.server import prepare
django.setup()
prepare.database()
prepare.static_files()
"""


@cache
def prepared() -> Path:
    """Give a RUN_DIR with an empty database and collected files, made once: to be copied."""
    place = Path(tempfile.mkdtemp(prefix="o-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    given = {"PATH": os.environ["PATH"], "RUN_DIR": str(place), "REDIS_URL": "redis://127.0.0.1/0"}
    given |= {"DJANGO_SETTINGS_MODULE": "omegle.settings", "SECRET_KEY": "x" * 50}
    given["EVIDENCE_KEYS"] = base64.urlsafe_b64encode(bytes(32)).decode()
    command = [sys.executable, "-c", _PREPARE]
    subprocess.run(command, cwd=ROOT, env=given, umask=0o077, check=True)
    return place


def _hear_hangups() -> None:
    """Have a copy obey SIGHUP also where the tests were started to ignore it, by nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass
class Copy:
    """One copy in its own place: RUN_DIR, port, and a TMPDIR that must be empty afterwards.

    Attributes:
        starts_empty: whether its first start has to make everything, as an operator's has.
    """

    place: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = LAUNCHER
    starts_empty: bool = False

    @property
    def run_dir(self) -> Path:
        return self.place / "run"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        tmp = self.place / "tmp"
        tmp.mkdir(exist_ok=True)
        own = {"RUN_DIR": str(self.run_dir), "PORT": str(self.port), "TMPDIR": str(tmp)}
        return kept | own | self.settings

    def start(self) -> None:
        self.place.mkdir(exist_ok=True)
        if not (self.starts_empty or self.run_dir.exists()):
            shutil.copytree(prepared(), self.run_dir)
        self.started = time.monotonic()
        with (self.place / "out").open("wb") as out, (self.place / "err").open("wb") as err:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=_hear_hangups,  # noqa: PLW1509  (no thread of ours holds a lock)
            )

    @property
    def out(self) -> str:
        return (self.place / "out").read_text()

    @property
    def err(self) -> str:
        return (self.place / "err").read_text()

    def wait_ready(self) -> float:
        """Give the seconds from the start until the copy said that it is ready."""
        wait_until(
            lambda: "Omegle is ready" in self.out or self.process.poll() is not None,
            seconds=START_SECONDS,
            otherwise=lambda: f"not ready: {self.out}{self.err}",
        )
        taken = time.monotonic() - self.started
        assert f"Omegle is ready: {self.url}\n" in self.out, self.out + self.err
        return taken

    def fail(self) -> tuple[int, list[str]]:
        """Start, and give the exit status and the lines on stderr."""
        self.start()
        code = self.process.wait(START_SECONDS)
        assert self.leftovers() == []
        return code, self.err.splitlines()

    def stop(self, number: int = signal.SIGTERM, *, group: bool = False) -> int:
        """Send a signal; everything is gone within `STOP_SECONDS`. Give the exit status."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        assert self.leftovers() == []
        return code

    def leftovers(self) -> list[str]:
        """Name the processes, private directories and addresses that are still there."""
        paths = [*(self.place / "tmp").glob("*"), *self.run_dir.glob("redis-url")]
        return [str(path) for path in paths] + self.processes()

    def processes(self) -> list[str]:
        """Give the command line of each process that has this copy's RUN_DIR."""
        mark = f"RUN_DIR={self.run_dir}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found

    def end(self) -> None:
        """Leave nothing to the next test, whatever happened."""
        if hasattr(self, "process") and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def readyz(self) -> tuple[int, dict[str, Any]]:
        try:
            with urlopen(f"{self.url}/readyz", timeout=5) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    @property
    def password(self) -> str | None:
        return self._told("password")

    @property
    def secret(self) -> str | None:
        """Give the second factor of the first member of staff, in base32."""
        return self._told("secret")

    def _told(self, label: str) -> str | None:
        found = re.search(rf"^  {label} +(\S+)$", self.out, re.MULTILINE)
        return found and found[1]

    def twin(self, place: Path) -> "Copy":
        """Give another copy that is set up like this one."""
        place.mkdir()
        shutil.copytree(self.run_dir, place / "run")
        return Copy(place)
