"""Chat's jobs: they hand what is said and shown in rooms to moderation."""

import logging
import time

from celery import shared_task
from django.db import InterfaceError, OperationalError

from chat import camera, store
from chat.transcripts import talk_of
from moderation.services.screening import talk_screen
from omegle.lib.redis import RedisError, sync_client

logger = logging.getLogger(__name__)

_ROOMS_PER_RUN = 500
# Below the beat of 5 s, so that one run is over when the next begins; what is left comes with it.
_SECONDS_PER_RUN = 3.0


@shared_task(name="chat.rooms_screen")
def rooms_screen() -> None:
    """Look over the rooms in which enough was said since the last time, or that have ended.

    A room that fails is given up: it would fail again. One that met a database that is away comes
    again for as long as its log is kept.
    """
    redis = sync_client()
    until = time.monotonic() + _SECONDS_PER_RUN
    for room in store.rooms_to_screen(redis, _ROOMS_PER_RUN):
        try:
            card = store.talk_card(redis, room)
            if card is not None:
                talk_screen(talk_of(card))
        except RedisError:
            raise  # it is away for every room
        except (OperationalError, InterfaceError) as error:
            logger.error("A room waits for the database: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001  (one bad room must not hold up the others)
            logger.error("A room was given up: %s", type(error).__name__)
            store.room_screened(redis, room)
        else:
            store.room_screened(redis, room)
        if time.monotonic() >= until:
            break


@shared_task(name=camera.CHECK_JOB, acks_late=False)
def camera_check(id: str) -> None:
    """Look at a small picture; one whose worker dies is not looked at again."""
    camera.sample_check(id)
