"""Chat's jobs: they hand talks that are going on or just over to moderation."""

import logging

from celery import shared_task

from chat import store
from chat.transcripts import talk_of
from moderation.services.screening import talk_screen
from omegle.lib.redis import sync_client

logger = logging.getLogger(__name__)

_ROOMS_PER_RUN = 500


@shared_task(name="chat.rooms_screen")
def rooms_screen() -> None:
    """Look over the rooms in which enough was said since the last time, or that have ended."""
    redis = sync_client()
    for room in store.rooms_to_screen(redis, _ROOMS_PER_RUN):
        card = store.talk_card(redis, room)
        if card is not None:
            talk_screen(talk_of(card))
        store.room_screened(redis, room)
