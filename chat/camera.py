"""What a visitor's own camera shows: small pictures, taken in by a view and looked at by a job.

A sample waits in Redis under a random key, for a minute at most, and is gone once a job has taken
it; it is on no disk, in no queue and no log. Only what a check is sure of ends the room and opens a
case. Nobody is kept out by it: that is for a person to decide.
"""

import logging
from functools import cache
from typing import Final, Literal

import msgspec
from django.conf import settings

from chat import store
from chat.protocol import Seat
from chat.transcripts import talk_of
from moderation.drafts import ReportDraft
from moderation.frames.detector import Verdict, verdict
from moderation.frames.process import Checker, NotChecked
from moderation.receipts import reference_new
from moderation.services.reports import report_take
from omegle.lib.ids import random_id
from omegle.lib.jobs import enqueue, jobs_waiting
from omegle.lib.metrics import samples_dropped
from omegle.lib.redis import bytes_take, sync_client

logger = logging.getLogger(__name__)

CHECK_JOB: Final = "chat.camera_check"
_QUEUE: Final = "media"
# What is older says nothing of what is shown now.
_SECONDS: Final = 60
# Some seconds of work; what comes on top of it would be old before its turn.
_MOST_WAITING: Final = 100

Taken = Literal["taken", "dropped", "elsewhere"]


class _Sample(msgspec.Struct, array_like=True, frozen=True):
    visitor: str
    room: str
    seat: Seat
    picture: bytes


def sample_take(*, visitor: str, room: str, picture: bytes) -> Taken:
    """Have a picture looked at; `elsewhere` when the visitor is not in that call.

    It is not decoded here, and dropped when too many wait.
    """
    redis = sync_client()
    seat = store.call_seat(redis, visitor, room)
    if seat is None:
        return "elsewhere"
    if jobs_waiting(_QUEUE) >= _MOST_WAITING:
        samples_dropped.inc()
        return "dropped"
    id = random_id()
    sample = msgspec.msgpack.encode(_Sample(visitor, room, seat, picture))
    redis.set(_key(id), sample, ex=_SECONDS)
    enqueue(CHECK_JOB, id)
    return "taken"


def sample_check(id: str) -> Verdict | None:
    """Look at a sample, forget it, and end the room of what may not be shown; give why, if so.

    One whose room is over meanwhile is not looked at.
    """
    redis = sync_client()
    data = bytes_take(redis, _key(id))
    if data is None:
        return None
    sample = msgspec.msgpack.decode(data, type=_Sample)
    if store.call_seat(redis, sample.visitor, sample.room) is None:
        return None
    try:
        found = verdict(_checker().look(sample.picture), settings.FRAME_THRESHOLD)
    except NotChecked:
        return None
    if found is not None:
        store.room_stop(redis, sample.room, sample.seat)
        _report(sample, found)
    return found


def _report(sample: _Sample, found: Verdict) -> None:
    """Open a case, with what was written in the room; the picture is not kept."""
    card = store.talk_card(sync_client(), sample.room)
    if card is None:
        return
    report_take(
        ReportDraft(
            reference=reference_new("R"),
            reporter="",
            subject_seat=sample.seat,
            about="seat",
            reason=found.reason,
            note=f"A check of their camera found {found.label} ({found.score:.2f}).",
            talk=talk_of(card),
        )
    )


def _key(id: str) -> str:
    return f"camera:{id}"


@cache
def _checker() -> Checker:
    """Give this process's; it starts a child of its own with the first picture."""
    return Checker(detector=settings.FRAME_DETECTOR, known=settings.KNOWN_PICTURES)
