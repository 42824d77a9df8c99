"""The moderators' socket: tells an open desk what has changed. It takes nothing in.

`services.cases.desk_tell` speaks to its group. What the layer loses shows with the next regular
look at the counts; whoever is signed out or disabled is closed within two seconds.
"""

import asyncio
import contextlib
from typing import Any, Final

from asgiref.sync import SyncToAsync
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http.cookie import parse_cookie

from moderation.models import Case
from moderation.selectors.desk import lane_counts
from moderation.selectors.notices import may_decide_notices
from moderation.services.cases import DESK
from moderation.sessions import session_member
from omegle.lib.origin import is_own_origin

# The page does not come back by itself after this one.
SIGNED_OUT: Final = 4401
_TRY_AGAIN: Final = 1013
CHECK_SECONDS: Final = 1.0
# Every so many checks the counts are looked at, whether or not anything was told.
_LOOK_EVERY: Final = 15


class DeskConsumer(AsyncJsonWebsocketConsumer):
    """One open page of a member of staff."""

    async def connect(self) -> None:
        self._key = _session_key(self.scope)
        self._counts: dict[str, int] = {}
        self._watch: asyncio.Task[None] | None = None
        self._is_open = False
        if not is_own_origin(self.scope) or await _in_thread(_reader)(self._key) is None:
            await self.close()  # before the upgrade: a 403
            return
        await self.channel_layer.group_add(DESK, self.channel_name)
        await self.accept()
        self._is_open = True
        await self._tell("hello")
        self._watch = asyncio.create_task(self._keep_watch())

    async def disconnect(self, code: int) -> None:
        self._is_open = False
        await self.channel_layer.group_discard(DESK, self.channel_name)
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take no notice: there is nothing to say to it."""

    async def desk_changed(self, message: dict[str, Any]) -> None:
        await self._tell(message["event"], case=message["case"], by=message["by"])

    async def _tell(self, event: str, *, case: int | None = None, by: str = "") -> None:
        seen = await _in_thread(_look)(self._key, case)
        if seen is None or not self._is_open:
            return
        self._counts, may_see, decides_notices = seen
        if event.startswith("notice") and not decides_notices:
            event = "look"
        news = {"event": event, "lanes": self._counts}
        await self.send_json(news | {"case": case, "by": by} if may_see else news)

    async def _keep_watch(self) -> None:
        looks = 0
        while self._is_open:
            await asyncio.sleep(CHECK_SECONDS)
            looks += 1
            try:
                if await _in_thread(_reader)(self._key) is None:
                    await self._end(SIGNED_OUT)
                elif looks % _LOOK_EVERY == 0:
                    await self._tell("look")
            except DatabaseError:
                # Nobody can tell who may listen. The page comes back by itself.
                await self._end(_TRY_AGAIN)

    async def _end(self, code: int) -> None:
        self._is_open = False
        await self.close(code)


def _in_thread(work: Any) -> SyncToAsync[..., Any]:
    call: SyncToAsync[..., Any] = database_sync_to_async(work)
    return call


def _reader(key: str) -> User | None:
    member = session_member(key)
    return member if member is not None and member.has_perm("moderation.view_case") else None


def _look(key: str, case: int | None) -> tuple[dict[str, int], bool, bool] | None:
    """Give how many cases wait in each lane they see, whether they see this case, and notices."""
    member = _reader(key)
    if member is None:
        return None
    counts: dict[str, int] = {str(lane): count for lane, count in lane_counts(member).items()}
    may_see = case is not None and Case.objects.filter(pk=case, lane__in=counts).exists()
    return counts, may_see, may_decide_notices(member)


def _session_key(scope: dict[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies = parse_cookie(value.decode("latin-1"))
            return str(cookies.get(settings.SESSION_COOKIE_NAME, ""))
    return ""
