"""Doorbells: counters in Redis that tell every process that something has changed.

A writer rings after its commit; readers compare the counters they saw with the present ones and
read the change where it is kept. A lost ring costs the time until the next regular look.
"""

import logging
from functools import partial
from typing import Final

from django.db import transaction

from omegle.lib.redis import RedisError, sync_client

logger = logging.getLogger(__name__)

KEY: Final = "bells"


def ring(name: str) -> None:
    """Ring after the transaction under way, at once without one."""
    transaction.on_commit(partial(_ring, name))


def _ring(name: str) -> None:
    try:
        sync_client().hincrby(KEY, name, 1)
    except RedisError as error:
        logger.error("The bell %s was not rung: %s", name, type(error).__name__)
