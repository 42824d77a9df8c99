"""The Celery application: the worker and the beat run it, `CELERY_…` settings configure it.

Jobs live in each app's `tasks.py`. Nothing in the message path waits for a job.
"""

import os
import time
from typing import Any

from celery import Celery
from celery.signals import beat_init, task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omegle.settings")

app = Celery("omegle")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@beat_init.connect
def beat_at_once(**kwargs: Any) -> None:
    """Send the first heartbeat now: a copy that has just started need not look broken."""
    app.send_task("omegle.heartbeat")


@task_prerun.connect
def job_begin(task: Any, **kwargs: Any) -> None:
    task.request.began = time.monotonic()


@task_postrun.connect
def job_end(task: Any, state: str | None, **kwargs: Any) -> None:
    """Count a job, and add what this process counted to what all have."""
    from django.conf import settings

    from omegle import exposition
    from omegle.lib import metrics

    outcome = "done" if state == "SUCCESS" else "failed"
    metrics.jobs.labels(task.name, outcome).inc()
    metrics.job_seconds.labels(task.name).observe(time.monotonic() - task.request.began)
    if settings.METRICS_TOKEN:
        exposition.push_or_wait()
