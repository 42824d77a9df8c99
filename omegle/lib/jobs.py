"""Handing work to Celery, once what it is about has been committed.

The queue makes things quick; the truth is in the database. A job that was lost is found again by a
sweep, so a queue that is away costs time and nothing else.
"""

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction

from omegle.lib.redis import broker_client

logger = logging.getLogger(__name__)


def enqueue(name: str, *args: int | str) -> None:
    """Send the job of this name after the transaction under way, at once without one."""

    def send() -> None:
        try:
            current_app.send_task(name, args=args, retry=False)
        except Exception as error:  # noqa: BLE001  (kombu passes on whatever its transport raises)
            logger.error("The job %s was not sent: %s", name, type(error).__name__)

    # Outside a transaction the database is not even asked: it may be away.
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(send)
    else:
        send()


def jobs_waiting(queue: str) -> int:
    """Give how many jobs of a queue no worker has taken yet."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    return int(broker_client().llen(f"{prefix}{queue}"))
