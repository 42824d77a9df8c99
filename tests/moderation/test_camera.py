"""What becomes of a small picture of somebody's camera, from the request to the case."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from channels.db import database_sync_to_async
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import AsyncClient, Client
from msgspec.structs import replace
from pytest_django import Settings

from chat import camera
from chat.visitors import VISITOR_COOKIE
from moderation.frames.process import Checker
from moderation.models import Case, Decision, Evidence, Report
from moderation.selectors.bans import video_losses
from moderation.services.reports import report_receive, reports_sweep
from omegle.lib.metrics import samples_dropped
from omegle.lib.ratelimit import Rate
from tests.clock import Clock
from tests.moderation.drafts import draft, talk
from tests.moderation.drawn import drawing, jpeg, pdq
from tests.strangers import Chat, Stranger, meet

SHOWN = jpeg(drawing(1))
HARMLESS = jpeg(drawing(2))


@pytest.fixture(autouse=True)
def checker(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Checker]:
    """Check cameras for one known picture, in a process of this test's own."""
    path = tmp_path / "nudity"
    path.write_text(pdq(drawing(1)) + "\n")
    settings.VIDEO, settings.FRAME_CHECKS = "direct", True
    settings.KNOWN_PICTURES = (("nudity", path),)
    checker = Checker(detector="none", known=settings.KNOWN_PICTURES)
    monkeypatch.setattr(camera, "_checker", lambda: checker)
    yield checker
    checker.close()


async def sends(stranger: Stranger, picture: bytes = HARMLESS, **headers: str) -> int:
    """Send a picture as the page does; give the status of the answer."""
    client = AsyncClient()
    client.cookies[VISITOR_COOKIE] = stranger.cookie
    options: dict[str, Any] = {
        "content_type": headers.pop("type", "image/jpeg"),
        "headers": {"x-room": headers.pop("room", stranger.room.get("room", ""))},
    }
    response = await client.post("/camera/", picture, **options)
    return response.status_code


def samples(client: redis.Redis) -> list[str]:
    keys: Any = client.keys("camera:*")
    return [key.decode().removeprefix("camera:") for key in keys]


async def look(client: redis.Redis) -> list[str]:
    """Do the job for every picture that waits; give what was found."""
    check = database_sync_to_async(camera.sample_check)
    found = [await check(id) for id in samples(client)]
    return [each.label for each in found if each is not None]


# --- Taking it in ---------------------------------------------------------------------------------


async def test_page_is_told_how_often_where_cameras_are_checked(
    chat: Chat, settings: Settings
) -> None:
    async with chat.pair(mode="video") as (alice, _):
        assert alice.room["camera_check"] == settings.FRAME_SECONDS
    async with chat.pair() as (alice, _):
        assert "camera_check" not in alice.room
    settings.FRAME_CHECKS = False
    async with chat.pair(mode="video") as (alice, _):
        assert "camera_check" not in alice.room


async def test_picture_waits_under_a_random_key_and_in_no_queue(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.pair(mode="video") as (alice, _):
        assert await sends(alice) == 202
        [id] = samples(redis_db)
        assert 0 < redis_db.ttl(f"camera:{id}") <= 60
        [job] = redis_db.lrange("celery:media", 0, -1)
        assert holding(redis_db, HARMLESS) == [f"camera:{id}".encode()]
        assert len(job) < 2000


async def test_picture_is_taken_while_the_database_is_away(
    chat: Chat, redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    async with chat.pair(mode="video") as (alice, _):
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(BaseDatabaseWrapper, "ensure_connection", away)
            assert await sends(alice) == 202
        assert redis_db.llen("celery:media") == 1


async def test_picture_of_somebody_who_is_in_no_call_is_not_taken(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.stranger() as carol:
        assert await sends(carol, room="") == 409
        async with chat.pair(mode="video") as (alice, bob):
            assert await sends(carol, room=alice.room["room"]) == 409
            await bob.send("leave")
            await bob.hears("ended")
            await alice.hears("ended")
            assert await sends(alice) == 409
    async with chat.pair() as (alice, _):
        assert await sends(alice) == 409
    assert samples(redis_db) == []


@pytest.mark.parametrize(
    ("picture", "type", "status"),
    [
        (b"GIF89a", "image/gif", 415),
        (b"GIF89a", "image/jpeg", 415),
        (HARMLESS, "multipart/form-data; boundary=x", 415),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp", 202),
        (HARMLESS + bytes(65_536 - len(HARMLESS)), "image/jpeg", 202),
        (HARMLESS + bytes(65_537 - len(HARMLESS)), "image/jpeg", 413),
        (b"", "image/jpeg", 415),
    ],
    ids=["gif", "gif as jpeg", "form", "webp", "largest", "too large", "nothing"],
)
async def test_only_small_pictures_are_taken(
    chat: Chat, picture: bytes, type: str, status: int
) -> None:
    async with chat.pair(mode="video") as (alice, _):
        assert await sends(alice, picture, type=type) == status


async def test_more_than_a_page_sends_is_too_fast(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_CAMERA = Rate(2, 60)
    async with chat.pair(mode="video") as (alice, bob):
        assert [await sends(alice) for _ in range(3)] == [202, 202, 429]
        assert await sends(bob) == 202


async def test_what_comes_when_too_much_waits_is_dropped_and_counted(
    chat: Chat, redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "_MOST_WAITING", 1)
    before = samples_dropped._value.get()
    async with chat.pair(mode="video") as (alice, bob):
        assert [await sends(alice), await sends(bob)] == [202, 202]
    assert len(samples(redis_db)) == 1
    assert samples_dropped._value.get() == before + 1


def test_there_is_nothing_where_cameras_are_not_checked(settings: Settings) -> None:
    settings.FRAME_CHECKS = False
    client = Client()
    assert client.post("/camera/", HARMLESS, content_type="image/jpeg").status_code == 404


def test_who_was_not_admitted_or_comes_from_elsewhere_is_refused() -> None:
    for client in (Client(), Client(enforce_csrf_checks=True)):
        response = client.post("/camera/", HARMLESS, content_type="image/jpeg")
        assert response.status_code == 403


@pytest.mark.django_db
def test_page_says_that_cameras_are_checked_only_where_they_are(settings: Settings) -> None:
    from tests.strangers import new_cookie

    client = Client()
    client.cookies[VISITOR_COOKIE] = new_cookie()
    assert "a program of this site looks at" in client.get("/").text
    settings.FRAME_CHECKS = False
    assert "a program of this site looks at" not in client.get("/").text


# --- Looking at it --------------------------------------------------------------------------------


async def test_harmless_picture_is_forgotten(
    chat: Chat, redis_db: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with chat.pair(mode="video") as (alice, bob):
            assert await sends(alice, HARMLESS) == 202
            assert await look(redis_db) == []
            await alice.says("we go on")
            await bob.hears("message", text="we go on")
    assert not holding(redis_db, HARMLESS)
    # The test's own client says what it sends.
    told = [each.getMessage() for each in caplog.records if each.name != "websockets.client"]
    assert alice.cookie.split(".")[0] not in "\n".join(told)
    assert not any("JFIF" in line for line in told)
    assert await database_sync_to_async(Report.objects.count)() == 0


async def test_picture_on_a_list_ends_the_room_for_both_and_opens_a_case(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await alice.says("look")
        await bob.hears("message")
        assert await sends(alice, SHOWN) == 202
        assert await look(redis_db) == ["KNOWN_NUDITY"]
        seat = alice.room["you"]["seat"]
        await alice.hears("ended", reason="moderated", by=seat, room=alice.room["room"])
        await bob.hears("ended", reason="moderated", by=seat)
        assert await sends(alice, SHOWN) == 409
        # Both can go on, with others.
        await alice.find()
    assert not holding(redis_db, SHOWN)
    await database_sync_to_async(check_case)(seat)


def check_case(seat: int) -> None:
    report = Report.objects.get()
    assert (report.source, report.reason, report.about) == ("automatic", "nudity", "seat")
    assert report.subject_seat == seat
    assert report.note.startswith("A check of their camera found KNOWN_NUDITY (")
    assert [line["text"] for line in Evidence.objects.get().transcript] == ["look"]
    reports_sweep()
    case = Case.objects.get()
    assert (case.lane, case.status, case.subject) == ("sexual", "open", report.subject)
    assert not Decision.objects.exists()


async def test_list_of_another_reason_opens_its_case(
    chat: Chat, redis_db: redis.Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(_, path)] = settings.KNOWN_PICTURES
    checker = Checker(detector="none", known=[("minor", path)])
    monkeypatch.setattr(camera, "_checker", lambda: checker)
    async with chat.pair(mode="video") as (alice, _):
        await sends(alice, SHOWN)
        assert await look(redis_db) == ["KNOWN_MINOR"]
    checker.close()
    await database_sync_to_async(reports_sweep)()
    assert (await Case.objects.aget()).lane == "child_safety"


async def test_room_that_is_over_is_not_looked_at(
    chat: Chat, redis_db: redis.Redis, checker: Checker
) -> None:
    async with chat.pair(mode="video") as (alice, bob):
        await sends(alice, SHOWN)
        await bob.send("leave")
        await bob.hears("ended", reason="you_left")
        await alice.hears("ended", reason="left")
        assert await look(redis_db) == []
    assert checker.pid is None
    assert samples(redis_db) == []


async def test_nobody_is_kept_out_by_checks_alone(
    chat: Chat, redis_db: redis.Redis, clock: Clock
) -> None:
    async with chat.stranger() as alice:
        for _ in range(4):
            async with chat.stranger() as bob:
                await meet(alice, bob, mode="video")
                await sends(alice, SHOWN)
                assert await look(redis_db) == ["KNOWN_NUDITY"]
                await alice.hears("ended", reason="moderated")
                await bob.hears("ended", reason="moderated")
        await database_sync_to_async(check_nobody_is_kept_out)()


def check_nobody_is_kept_out() -> None:
    reports_sweep()
    assert Report.objects.count() == 1, "once a day for the same reason"
    assert not Decision.objects.exists()
    assert video_losses() == {}


@pytest.mark.django_db
@pytest.mark.parametrize(("third", "decided"), [("", False), ("cem", True)], ids=["ours", "theirs"])
def test_own_check_is_no_third_stranger(third: str, decided: bool) -> None:
    for reporter in ("ann", "ben", third):
        told = replace(talk(reporter=reporter or "ann", subject="bob"), mode="video")
        report_receive(draft(reporter=reporter, subject="bob", told=told, reason="nudity"))
    reports_sweep()
    assert Case.objects.get().reports.count() == 3
    assert Decision.objects.filter(automated_decision=True).exists() is decided


def holding(client: redis.Redis, picture: bytes) -> list[bytes]:
    """Name the keys that hold a part of a picture."""
    part = picture[200:232]
    readers: dict[Any, Callable[[bytes], Any]] = {
        b"string": lambda key: [client.get(key)],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"hash": client.hvals,
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    keys: Any = client.keys("*")
    return [key for key in keys if part in b"".join(readers[client.type(key)](key))]
