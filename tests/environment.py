"""The private place of one test run: a directory, and a Redis in it.

`tests.settings` calls `enter()` before the project's settings load; `conftest.py` runs the Redis.
A process that a test starts inherits the environment and with it the same place.
"""

import base64
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from omegle.server import private_redis
from omegle.server.parent import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
# What whoever runs the tests may choose; every other setting has its default.
_KEPT = {"DATABASE_URL"}
_MARK = "OMEGLE_TEST_PLACE"
_WORKER_MARK = "OMEGLE_TEST_WORKER"


def setting_names() -> set[str]:
    """Give the name of every environment variable that the settings read."""
    source = (ROOT / "omegle" / "settings.py").read_text()
    return set(re.findall(r'\benv\.\w+\(\s*"(\w+)"', source))


def enter() -> None:
    """Point the environment to a new private place, or stay in the one that is inherited.

    Each of several that test side by side has a place of its own.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if _MARK in os.environ and os.environ.get(_WORKER_MARK) == worker:
        return
    # Not made here: mypy loads the settings too.
    place = Path(tempfile.gettempdir(), f"omegle-test-{secrets.token_hex(4)}")
    for name in setting_names() - _KEPT:
        os.environ.pop(name, None)
    os.environ |= {
        _MARK: str(place),
        _WORKER_MARK: worker,
        "SECRET_KEY": "only-for-tests-and-long-enough-for-the-deployment-checks-0123456789",
        "EVIDENCE_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
        "RUN_DIR": str(place / "run"),
        "REDIS_URL": private_redis.url(place),
    }


@contextmanager
def running_redis() -> Iterator[redis.Redis]:
    """Make the place and run its Redis; give a client once it answers, and leave nothing."""
    place = Path(os.environ[_MARK])
    place.mkdir(mode=0o700)
    (place / "run" / "static").mkdir(parents=True)
    server = subprocess.Popen(
        private_redis.command(place),
        stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent(),  # noqa: PLW1509  (no thread has started yet)
    )
    client = redis.Redis.from_url(private_redis.url(place))
    try:
        _wait_for(client, server)
        yield client
    finally:
        client.close()
        server.terminate()
        server.wait()
        shutil.rmtree(place, ignore_errors=True)


def _wait_for(client: redis.Redis, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
