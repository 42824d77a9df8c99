"""Checks of cameras in a real copy: a real worker, a real model in a process of its own."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import redis
from django.conf import settings
from PIL import ImageOps

from tests.moderation.drawn import drawing, jpeg, pdq
from tests.process.copies import Copy, wait_until
from tests.strangers import Chat, Stranger, meet

pytestmark = pytest.mark.process

# A model is loaded with the first picture, on a machine that is busy.
LOOKED_SECONDS = 60
SHOWN = jpeg(ImageOps.mirror(drawing(1)))
HARMLESS = jpeg(drawing(2))


@pytest.fixture
def place(home: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=home))


@pytest.fixture
def listed(place: Path) -> Path:
    path = place / "nudity"
    path.write_text(f"{pdq(drawing(1))},100 # drawn\n")
    return path


@pytest.fixture
def copy(place: Path, listed: Path) -> Iterator[Copy]:
    chosen = {
        "SECRET_KEY": settings.SECRET_KEY,
        "VIDEO": "direct",
        "FRAME_DETECTOR": "nudenet",
        "KNOWN_PICTURES": f"nudity={listed}",
    }
    copy = Copy(place / "copy", settings=chosen)
    copy.start()
    try:
        copy.wait_ready()
        yield copy
    finally:
        copy.end()


def detectors(listed: Path) -> list[int]:
    """Give the process ids of those that look for this list."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"moderation.frames.child" in command and str(listed).encode() in command:
            found.append(int(entry.name))
    return found


def post(copy: Copy, stranger: Stranger, picture: bytes) -> int:
    """Send a picture as the page does; give the status."""
    cookie = f"visitor={stranger.cookie}"
    with urlopen(Request(f"{copy.url}/", headers={"Cookie": cookie})) as page:
        csrf = page.headers["Set-Cookie"].split(";")[0]
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert token is not None
    headers = {
        "Cookie": f"{cookie}; {csrf}",
        "Content-Type": "image/jpeg",
        "X-CSRFToken": token[1],
        "X-Room": stranger.room["room"],
        "Origin": copy.url,
    }
    with urlopen(Request(f"{copy.url}/camera/", picture, headers)) as answer:
        status: int = answer.status
        return status


async def sends(copy: Copy, stranger: Stranger, picture: bytes) -> None:
    assert await asyncio.to_thread(post, copy, stranger, picture) == 202


async def ends(shower: Stranger, other: Stranger) -> None:
    seat = shower.room["you"]["seat"]
    await shower.hears("ended", reason="moderated", by=seat, seconds=LOOKED_SECONDS)
    await other.hears("ended", reason="moderated", by=seat)


async def test_known_picture_ends_the_call_also_after_the_process_that_looks_died_or_hung(
    copy: Copy, listed: Path
) -> None:
    broker = redis.Redis.from_url((copy.run_dir / "redis-url").read_text().strip())
    here = Chat("127.0.0.1", copy.port)
    async with here.stranger() as alice, here.stranger() as bob:
        await meet(alice, bob, mode="video")
        assert alice.room["camera_check"] == 20
        assert detectors(listed) == [], "nothing is loaded before there is a picture"
        await sends(copy, alice, HARMLESS)
        await sends(copy, bob, HARMLESS)
        await bob.says("nobody minds")
        await alice.hears("message", text="nobody minds")
        await sends(copy, alice, SHOWN)
        await ends(alice, bob)
    [first] = detectors(listed)
    os.kill(first, signal.SIGKILL)
    async with here.stranger() as carol, here.stranger() as dave:
        await meet(carol, dave, mode="video")
        await sends(copy, carol, SHOWN)
        await ends(carol, dave)
    [second] = detectors(listed)
    assert second != first
    os.kill(second, signal.SIGSTOP)
    async with here.stranger() as erin, here.stranger() as finn:
        await meet(erin, finn, mode="video")
        await sends(copy, erin, SHOWN)
        await sends(copy, erin, SHOWN)
        await ends(erin, finn)
    assert second not in detectors(listed)
    question = """
        SELECT report.source, report.reason, moderation_case.lane, moderation_case.status
        FROM moderation_report AS report
        JOIN moderation_case ON moderation_case.id = report.case_id
    """
    wait_until(lambda: len(asked(copy, question)) == 3, seconds=20, otherwise=lambda: copy.err)
    assert asked(copy, question) == 3 * [("automatic", "nudity", "sexual", "open")]
    assert asked(copy, "SELECT * FROM moderation_sanction") == []
    assert not broker.keys("camera:*")
    assert broker.llen("celery:media") == 0
    [told] = copy.err.splitlines()
    assert json.loads(told)["event"] == "A picture was not checked (1 so far): TimeoutError"
    assert copy.stop() == 0
    wait_until(
        lambda: not detectors(listed), seconds=10, otherwise=lambda: "the model is still there"
    )


def asked(copy: Copy, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(copy.run_dir / "db.sqlite3")) as database:
        return database.execute(question).fetchall()


def test_copy_with_a_list_that_is_not_there_does_not_start(place: Path) -> None:
    copy = Copy(place / "copy", settings={"KNOWN_PICTURES": "minor=/nowhere/list"})
    code, lines = copy.fail()
    assert code == 2
    assert len(lines) == 1
    assert "/nowhere/list cannot be read" in lines[0]
