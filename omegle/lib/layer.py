"""Telling a group of the channel layer something from synchronous code and from jobs.

Published by the ordinary Redis client: the layer's own call needs an event loop, and one made for
the call leaves connections behind in a worker. What is told may be lost.
"""

import logging
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from omegle.lib.redis import RedisError, broker_client

logger = logging.getLogger(__name__)

_layer: dict[str, Any] = settings.CHANNEL_LAYERS["default"]
_PREFIX: str = _layer["CONFIG"]["prefix"]


def group_tell(group: str, message: dict[str, Any]) -> None:
    """Tell it after the transaction under way, at once without one."""
    transaction.on_commit(partial(_publish, group, message))


def _publish(group: str, message: dict[str, Any]) -> None:
    try:
        # The name is that of channels_redis.pubsub, `_get_group_channel_name`.
        broker_client().publish(
            f"{_PREFIX}__group__{group}", get_channel_layer().serialize(message)
        )
    except RedisError as error:
        logger.error("The group %s was not told: %s", group, type(error).__name__)
