"""How the service stands at this moment, in a few calls to Redis and one to the database.

Read by `manage.py status`, `watch` and `doctor` and by `/metrics`; nothing here changes anything.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from celery import current_app
from django.conf import settings
from django.utils import timezone

from chat import store
from matching.pool import waiting_by_pool
from matching.tickets import Pool
from moderation.figures import queues
from moderation.policy import Lane
from omegle import heartbeat
from omegle.lib.jobs import jobs_waiting
from omegle.lib.redis import sync_client

# Beats that may be missing before the jobs count as away.
MISSED_BEATS = 3
_PING_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Live:
    """What Redis says.

    Attributes:
        waiting: how many in each pool in which anybody does.
        matches: conversations that began in the last whole minute.
        processes: how many visitors each web process holds.
        jobs: how many jobs of each queue no worker has taken.
        heartbeat_age: seconds since beat and worker showed that they live; None: not lately.
        leases_reaped: web processes that ended without a word, since Redis has its data.
    """

    online: int
    waiting: dict[Pool, int]
    rooms: int
    matches: int
    processes: dict[str, int]
    jobs: dict[str, int]
    heartbeat_age: int | None
    leases_reaped: int

    @property
    def jobs_done(self) -> bool:
        """Whether beat and worker do their work."""
        age = self.heartbeat_age
        return age is not None and age <= MISSED_BEATS * settings.HEARTBEAT_SECONDS


@dataclass(frozen=True, slots=True)
class Backlog:
    """The cases of a lane that wait for a decision."""

    count: int
    oldest: timedelta | None


def live() -> Live:
    """Read Redis.

    Raises:
        RedisError: it is away.
    """
    redis = sync_client()
    processes = store.processes(redis)
    now, _ = redis.time()
    beat = redis.get(heartbeat.KEY)
    return Live(
        online=sum(processes.values()),
        waiting=waiting_by_pool(redis),
        rooms=store.rooms_open(redis),
        matches=store.matches_lately(redis),
        processes=processes,
        jobs={queue.name: jobs_waiting(queue.name) for queue in settings.CELERY_TASK_QUEUES},
        heartbeat_age=None if beat is None else now - int(beat),
        leases_reaped=store.leases_reaped(redis),
    )


def backlogs() -> dict[Lane, Backlog]:
    """Read the database; every lane is there.

    Raises:
        OperationalError, InterfaceError: it is away.
    """
    now = timezone.now()
    return {
        lane: Backlog(queue.count, None if queue.oldest is None else now - queue.oldest)
        for lane, queue in queues(get_args(Lane)).items()
    }


def workers() -> list[str]:
    """Give the names of the workers that answer within half a second; it takes that long."""
    return sorted(current_app.control.inspect(timeout=_PING_SECONDS).ping() or {})
