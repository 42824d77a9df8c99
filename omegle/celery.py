"""The Celery application: the worker and the beat run it, `CELERY_…` settings configure it.

Jobs live in each app's `tasks.py`. Nothing in the message path waits for a job.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omegle.settings")

app = Celery("omegle")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect
def beat_at_once(**kwargs: Any) -> None:
    """Send the first heartbeat now: a copy that has just started need not look broken."""
    app.send_task("omegle.heartbeat")
