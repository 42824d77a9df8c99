"""The moderators' socket, over a real server: who may listen, what is told, when it ends."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from pytest_django import Settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from moderation.services.cases import case_claim
from tests.moderation.factories import moderator, report
from tests.moderation.notices import noticed
from tests.moderation.staff import Rank, signed_in
from tests.strangers import Chat, serving

pytestmark = pytest.mark.django_db(transaction=True)

in_thread: Callable[..., Any] = sync_to_async


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with serving() as running:
        yield running
    await in_thread(connections.close_all)()


async def somebody(role: Rank) -> tuple[Client, User]:
    found: tuple[Client, User] = await in_thread(signed_in)(role)
    return found


@asynccontextmanager
async def listening(
    chat: Chat, client: Client, *, origin: str = ""
) -> AsyncIterator[ClientConnection]:
    cookie = client.cookies["sessionid"].value if "sessionid" in client.cookies else ""
    async with connect(
        f"ws://{chat.host}:{chat.port}/ws/desk/",
        origin=Origin(origin or chat.origin),
        additional_headers={"Cookie": f"sessionid={cookie}"},
        compression=None,
    ) as socket:
        yield socket


async def hears(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        news: dict[str, Any] = json.loads(await socket.recv())
    return news


async def ends(socket: ClientConnection) -> tuple[int, float]:
    """Give the code it is closed with, and how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code, time.monotonic() - began


async def test_notice_is_told_to_those_who_may_decide_it(chat: Chat, settings: Settings) -> None:
    settings.EVIDENCE_KEYS = (Fernet.generate_key().decode(),)
    told = {}
    roles: tuple[Rank, ...] = ("moderator", "legal")
    for role in roles:
        client, _ = await somebody(role)
        async with listening(chat, client) as socket:
            await hears(socket)
            await in_thread(noticed)("threat")
            told[role] = (await hears(socket))["event"]
    assert told == {"moderator": "look", "legal": "notice"}


async def test_counts_of_permitted_lanes_come_first(chat: Chat) -> None:
    await in_thread(report)("spam")
    await in_thread(report)("minor")
    client, _ = await somebody("triage")
    async with listening(chat, client) as socket:
        news = await hears(socket)
    assert news["event"] == "hello"
    assert news["lanes"] == {"sexual": 0, "harassment": 0, "spam": 1, "other": 0}


async def test_change_is_told_with_who_made_it(chat: Chat) -> None:
    client, _ = await somebody("senior")
    async with listening(chat, client) as socket:
        await hears(socket)
        case = await in_thread(report)("spam")
        told = await hears(socket)
        assert (told["event"], told["case"], told["lanes"]["spam"]) == ("report", case.pk, 1)
        ada = await in_thread(moderator)(name="ada")
        await in_thread(case_claim)(case.pk, moderator=ada)
        told = await hears(socket)
        assert (told["event"], told["case"], told["by"]) == ("claim", case.pk, "ada")


async def test_nothing_is_told_of_a_case_in_another_lane(chat: Chat) -> None:
    client, _ = await somebody("triage")
    async with listening(chat, client) as socket:
        await hears(socket)
        await in_thread(report)("minor")
        told = await hears(socket)
    assert "case" not in told
    assert "child_safety" not in told["lanes"]


@pytest.mark.parametrize("how", ["disabled", "signed out"])
async def test_line_ends_within_two_seconds(chat: Chat, how: str) -> None:
    client, user = await somebody("senior")
    async with listening(chat, client) as socket:
        await hears(socket)
        if how == "disabled":
            await in_thread(User.objects.filter(pk=user.pk).update)(is_active=False)
        else:
            await in_thread(client.post)("/admin/logout/")
        code, took = await ends(socket)
    assert code == 4401
    assert took < 2


async def test_listening_takes_a_second_factor(chat: Chat) -> None:
    client = Client()
    user = await in_thread(moderator)()
    await in_thread(client.force_login)(user, backend="django.contrib.auth.backends.ModelBackend")
    await _refused(chat, client)


async def test_nobody_listens_unseen(chat: Chat) -> None:
    await _refused(chat, Client())


async def test_page_of_somebody_else_may_not_listen(chat: Chat) -> None:
    client, _ = await somebody("senior")
    await _refused(chat, client, origin="https://elsewhere.example")


async def _refused(chat: Chat, client: Client, *, origin: str = "") -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with listening(chat, client, origin=origin):
            pass
    assert refused.value.response.status_code == 403
