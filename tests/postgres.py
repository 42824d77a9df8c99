"""Run a command with DATABASE_URL set to a PostgreSQL of its own, which ends with the command.

python -m tests.postgres COMMAND …
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from omegle.server.parent import die_with_parent
from tests import provision

_START_SECONDS = 30


@contextmanager
def running_postgres() -> Iterator[str]:
    """Make and start a server on a unix socket; give its address, and leave nothing.

    Raises:
        provision.Missing: there is no PostgreSQL.
    """
    programs = provision.postgres()
    if programs is None:
        raise provision.Missing("PostgreSQL is missing: apt-get install postgresql")
    place = Path(tempfile.mkdtemp(prefix="omegle-pg-"))
    try:
        programs, identity = _unprivileged(programs, place)
        data = place / "data"
        _initialise(programs, data, identity)
        options = {"listen_addresses": "", "unix_socket_directories": str(place)}
        # Gone afterwards: nothing needs to survive a crash.
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        with (place / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, *(f"--{k}={v}" for k, v in options.items())],
                cwd=place,
                stderr=log,
                preexec_fn=die_with_parent(),  # noqa: PLW1509  (no thread of ours holds a lock)
                **identity,
            )
        try:
            _wait_for(place, server)
            yield f"postgres://postgres@{quote(str(place), safe='')}/omegle"
        finally:
            server.send_signal(signal.SIGINT)  # it does not wait for clients then
            server.wait()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _unprivileged(programs: Path, place: Path) -> tuple[Path, dict[str, Any]]:
    """As root, give arguments of Popen that make PostgreSQL, which refuses root, somebody else."""
    if os.geteuid() != 0:
        return programs, {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    if "site-packages" in programs.parts:
        # In a virtual environment of root's, where others may not look. The wheel's libraries are
        # beside its package and found by their relative path.
        package = programs.parents[1]
        for folder in package.parent.glob(f"{package.name}*"):
            shutil.copytree(folder, place / folder.name)
        programs = place / programs.relative_to(package.parent)
    os.chown(place, user.pw_uid, user.pw_gid)
    return programs, {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _initialise(programs: Path, data: Path, identity: dict[str, Any]) -> None:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
    done = subprocess.run(
        [programs / "initdb", "-D", data, *options],
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=False,
        **identity,
    )
    if done.returncode:
        sys.exit(f"tests: initdb failed: {done.stderr}")


def _wait_for(place: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(place), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"tests: PostgreSQL did not start: {(place / 'log').read_text()}")
            time.sleep(0.05)
        else:
            return


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with running_postgres() as url:
            command = sys.argv[1:]
            code = subprocess.run(
                command, env=os.environ | {"DATABASE_URL": url}, check=False
            ).returncode
    except provision.Missing as missing:
        sys.exit(f"tests: {missing}")
    sys.exit(code)


if __name__ == "__main__":
    main()
