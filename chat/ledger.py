"""What the visitors of this process say, written to the logs in one call per tick.

While a call is under way the next ones gather; so a busy process makes few, large calls and a
quiet one answers at once. `sent` and `message` leave only after the log has the message. The
switchboard owns the ledger; handlers add to it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeGuard

from msgspec import UNSET, UnsetType

from chat.connection import Connection
from chat.events import MediaEvent, MessageEvent, SignalEvent, TypingEvent
from chat.protocol import PassedSignal, Sent, SignalData, encode, encode_text
from chat.rooms import MediaState, RoomView
from chat.store import NEW_ID, NOT_AGREED, Relayed, RelayEntry, Store
from omegle.lib import metrics
from omegle.lib.ids import random_id
from omegle.lib.redis import RedisError
from omegle.lib.words import Sentence, sentence

logger = logging.getLogger(__name__)

_ENTRIES_PER_CALL = 256
_TRIES = 2
_MESSAGE_LOST = sentence("Your message did not arrive. Please send it again.")
_QUESTION_LOST = sentence("Your question did not arrive. Please send it again.")

Deliver = Callable[[MessageEvent | TypingEvent | SignalEvent | MediaEvent], None]
Answer = Callable[[Relayed | None], None]


class Ledger:
    """Gathers entries, writes them, answers their senders and delivers to this process."""

    def __init__(self, store: Store, process: str, deliver: Deliver) -> None:
        self._store = store
        self._process = process
        self._deliver = deliver
        self._waiting: list[tuple[RelayEntry, Answer]] = []
        self._writing: asyncio.Task[None] | None = None

    def say(
        self,
        connection: Connection,
        room: RoomView,
        *,
        id: str,
        members: str,
        aside: str = "",
        ref: str | UnsetType = UNSET,
    ) -> None:
        """Write a message; answer its sender with `sent`, or with an error if it was not taken.

        `members`: of its frame, as JSON. `aside`: what was written, when that is something else.
        """

        def answer(relayed: Relayed | None) -> None:
            if _is_taken(relayed, connection, _MESSAGE_LOST, ref):
                room.ids[id] = relayed.seq
                metrics.messages.inc()
                connection.send(Sent(room=room.id, id=id, seq=relayed.seq, ref=ref))
                self._deliver_here(room, relayed)
            connection.note_answered()

        known = room.ids.get(id, NEW_ID)
        if known == NEW_ID:
            room.note_id(id, 0)
        connection.note_asked()
        self._add(
            RelayEntry("m", room.id, room.seat, connection.id, id, members, aside, known), answer
        )

    def ask(
        self,
        connection: Connection,
        room: RoomView,
        *,
        members: str,
        aside: str = "",
        ref: str | UnsetType = UNSET,
    ) -> None:
        """Write the asker's next question; answer with its frame, or with an error.

        `members`, `aside`: as of a message.
        """

        def answer(relayed: Relayed | None) -> None:
            if _is_taken(relayed, connection, _QUESTION_LOST, ref):
                frame = relayed.frame
                if isinstance(ref, str):
                    frame = f'{frame[:-1]},"ref":{encode_text(ref)}}}'
                connection.send_text(frame)
                self._deliver_here(room, relayed)
            connection.note_answered()

        connection.note_asked()
        entry = RelayEntry("q", room.id, room.seat, connection.id, random_id(), members, aside)
        self._add(entry, answer)

    def set_aside(self, connection: Connection, room: RoomView, aside: str) -> None:
        """Keep for evidence what nobody but its sender saw."""
        entry = RelayEntry("a", room.id, room.seat, connection.id, "", "", aside)
        self._add(entry, lambda _relayed: None)

    def show_typing(self, connection: Connection, room: RoomView, *, on: bool) -> None:
        """Pass on that somebody types; nothing is kept of it."""

        def answer(relayed: Relayed | None) -> None:
            for to in relayed.here if relayed else ():
                self._deliver(TypingEvent(to, room.id, room.seat, on))

        flag = "1" if on else "0"
        self._add(RelayEntry("p", room.id, room.seat, connection.id, "typing", flag), answer)

    def pass_signal(
        self,
        connection: Connection,
        room: RoomView,
        data: SignalData,
        *,
        direct: bool,
        ref: str | UnsetType = UNSET,
    ) -> None:
        """Pass on a step of the call's negotiation; nothing is kept of it.

        `direct`: only once both have agreed to learn each other's address. After the room's end it
        is dropped.
        """
        frame = encode(PassedSignal(seat=room.seat, data=data))

        def answer(relayed: Relayed | None) -> None:
            if relayed is None:
                connection.refuse("unavailable", sentence("Please try to connect again."), ref)
            elif relayed.seq == NOT_AGREED:
                connection.refuse(
                    "not_allowed", sentence("Both have to agree to connect directly."), ref
                )
            else:
                for to in relayed.here:
                    self._deliver(SignalEvent(to, room.id, room.seat, frame))

        needs = "agreed" if direct else ""
        self._add(RelayEntry("s", room.id, room.seat, connection.id, needs, frame), answer)

    def show_media(
        self,
        connection: Connection,
        room: RoomView,
        state: MediaState,
        *,
        ref: str | UnsetType = UNSET,
    ) -> None:
        """Keep what a seat sends, and tell the stranger; after the room's end it is dropped.

        Of a state that says nothing of `direct` that stays as it was.
        """

        def answer(relayed: Relayed | None) -> None:
            if relayed is None:
                connection.refuse(
                    "unavailable", sentence("The stranger was not told. Try again."), ref
                )
            else:
                for to in relayed.here:
                    self._deliver(MediaEvent(to, room.id, room.seat, relayed.frame))
            connection.note_answered()

        agreed = "" if state.direct is None else "1" if state.direct else "0"
        connection.note_asked()
        self._add(RelayEntry("v", room.id, room.seat, connection.id, state.flags, agreed), answer)

    def _deliver_here(self, room: RoomView, relayed: Relayed) -> None:
        for to in relayed.here:
            self._deliver(MessageEvent(to, room.id, room.seat, relayed.seq, relayed.frame))

    def _add(self, entry: RelayEntry, answer: Answer) -> None:
        self._waiting.append((entry, answer))
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch = self._waiting[:_ENTRIES_PER_CALL]
                del self._waiting[:_ENTRIES_PER_CALL]
                results = await self._relay([entry for entry, _ in batch])
                for (_, answer), relayed in zip(batch, results, strict=True):
                    answer(relayed)
        finally:
            self._writing = None

    async def _relay(self, entries: list[RelayEntry]) -> list[Relayed] | list[None]:
        """Write the entries; a call that failed half way is repeated, looking for the ids."""
        for left in reversed(range(_TRIES)):
            try:
                with metrics.relay_seconds.time():
                    return await self._store.relay(process=self._process, entries=entries)
            except RedisError as error:
                if not left:
                    logger.error("A tick of messages was not written: %s", type(error).__name__)
                entries = [entry._replace(known=max(entry.known, 0)) for entry in entries]
        return [None] * len(entries)


def _is_taken(
    relayed: Relayed | None, connection: Connection, lost: Sentence, ref: str | UnsetType
) -> TypeGuard[Relayed]:
    """Whether the log has it; if not, its sender is told: that it is `lost`, or comes too late."""
    if relayed is None:
        connection.refuse("unavailable", lost, ref)
        return False
    if relayed.seq == 0:
        connection.refuse("not_in_room", sentence("That conversation is over."), ref)
        return False
    return True
