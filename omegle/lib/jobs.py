"""Handing work to Celery, once what it is about has been committed.

The queue makes things quick; the truth is in the database. A job that was lost is found again by a
sweep, so a queue that is away costs time and nothing else.
"""

import logging

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)


def enqueue(name: str, *args: int | str) -> None:
    """Send the job of this name after the transaction under way, at once without one."""

    def send() -> None:
        try:
            current_app.send_task(name, args=args, retry=False)
        except Exception as error:  # noqa: BLE001  (kombu passes on whatever its transport raises)
            logger.error("The job %s was not sent: %s", name, type(error).__name__)

    transaction.on_commit(send)
