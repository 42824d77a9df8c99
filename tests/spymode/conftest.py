"""The product as the tests of chat have it, and rooms of three."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from tests.chat.conftest import _guard, chat, clock
from tests.spymode.spies import QUESTION, Trio, trio_meet
from tests.strangers import Chat

__all__ = ["_guard", "chat", "clock", "trio"]


@pytest.fixture
def trio(chat: Chat) -> Callable[..., AbstractAsyncContextManager[Trio]]:
    """Open rooms of three, in order of their seats: `async with trio() as (asker, one, two)`."""

    @asynccontextmanager
    async def opening(*, reveal: bool = False, question: str = QUESTION) -> AsyncIterator[Trio]:
        async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
            members = Trio(asker, one, two)
            await trio_meet(members, reveal=reveal, question=question)
            yield Trio(*sorted(members, key=lambda member: member.room["you"]["seat"]))

    return opening
