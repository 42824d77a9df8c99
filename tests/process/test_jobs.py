"""A real worker and a real database under a report: one is killed, the other is locked."""

import json
import os
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import redis
from django.conf import settings

from tests.process.copies import Copy, wait_until
from tests.strangers import Chat, Stranger, meet

pytestmark = pytest.mark.process

# The sweep comes every 15 s; supervisord needs a moment to start a worker again.
SWEPT_SECONDS = 45
# Jobs of the beat that came first each wait 10 s for SQLite's lock before they give up.
BEGUN_SECONDS = 40
# A writer waits 10 s for SQLite's lock before it gives up.
LOCKED_SECONDS = 25


@pytest.fixture
def copy(home: Path) -> Iterator[Copy]:
    """One for each test: a web process remembers for a while that the database was away."""
    copy = Copy(Path(tempfile.mkdtemp(dir=home)), settings={"SECRET_KEY": settings.SECRET_KEY})
    copy.start()
    try:
        copy.wait_ready()
        yield copy
    finally:
        copy.end()


@contextmanager
def locked(copy: Copy) -> Iterator[None]:
    """Let nobody write to the database."""
    with closing(sqlite3.connect(copy.run_dir / "db.sqlite3", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            database.execute("ROLLBACK")


def asked(copy: Copy, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(copy.run_dir / "db.sqlite3")) as database:
        return database.execute(question).fetchall()


def workers(copy: Copy) -> list[int]:
    """Give the process ids of the worker that files reports and of its child."""
    mark = f"RUN_DIR={copy.run_dir}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            ours = mark in (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if ours and b"celery" in command and b"reports,upkeep" in command:
            found.append(int(entry.name))
    return found


async def reported(alice: Stranger, bob: Stranger, *, seconds: float = 5) -> str:
    await bob.says("you are a fool")
    await alice.hears("message")
    await alice.send("report", reason="harassment")
    await alice.hears("ended", reason="you_left")
    receipt = await alice.hears("reported", seconds=seconds)
    await bob.hears("ended", reason="left")
    return str(receipt["receipt"])


async def test_worker_killed_in_the_middle_of_a_report_files_it_once(copy: Copy) -> None:
    broker = redis.Redis.from_url((copy.run_dir / "redis-url").read_text().strip())
    async with (
        Chat("127.0.0.1", copy.port).stranger() as alice,
        Chat("127.0.0.1", copy.port).stranger() as bob,
    ):
        await meet(alice, bob)
        wait_until(lambda: len(workers(copy)) >= 2, seconds=20, otherwise=lambda: "no worker")
        stopped = workers(copy)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        receipt = await reported(alice, bob)
    with locked(copy):
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        wait_until(
            lambda: any(is_filing(each) for each in broker.hvals("celery:unacked")),
            seconds=BEGUN_SECONDS,
            otherwise=lambda: "the job was not begun",
        )
        for pid in stopped:
            os.kill(pid, signal.SIGKILL)
    question = f"""
        SELECT filed_at IS NOT NULL, moderation_case.version, count(activity.id)
        FROM moderation_report AS report
        LEFT JOIN moderation_case ON moderation_case.id = report.case_id
        LEFT JOIN moderation_activity AS activity ON activity.case_id = report.case_id
        WHERE reference = '{receipt}'
    """
    wait_until(
        lambda: asked(copy, question)[0][0] == 1,
        seconds=SWEPT_SECONDS,
        otherwise=lambda: f"not filed: {copy.err}",
    )
    assert asked(copy, question) == [(1, 2, 1)], "filed once: the case has had one change"


def is_filing(message: bytes | str) -> bool:
    task: str = json.loads(message)[0]["headers"]["task"]
    return task == "moderation.report_file"


async def test_report_while_the_database_is_locked_is_kept_and_stored_once(copy: Copy) -> None:
    here = Chat("127.0.0.1", copy.port)
    async with here.stranger() as alice, here.stranger() as bob:
        await meet(alice, bob)
        async with here.stranger() as carol, here.stranger() as dave:
            await meet(carol, dave)
            with locked(copy):
                receipt = await reported(alice, bob, seconds=LOCKED_SECONDS)
                assert (copy.run_dir / "spool" / f"{receipt}.sealed").exists()
                await carol.says("we go on")
                await dave.hears("message", text="we go on")
                assert copy.readyz()[0] == 200
    question = (
        f"SELECT count(*), count(filed_at) FROM moderation_report WHERE reference = '{receipt}'"
    )
    wait_until(
        lambda: asked(copy, question) == [(1, 1)],
        seconds=SWEPT_SECONDS,
        otherwise=lambda: f"not stored: {asked(copy, question)} {copy.err}",
    )
    assert not list((copy.run_dir / "spool").iterdir())
