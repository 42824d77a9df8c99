"""Jobs of the project itself."""

from celery import shared_task

from omegle import heartbeat
from omegle.lib import redis


@shared_task(name="omegle.heartbeat")
def heartbeat_write() -> None:
    """Record in Redis, in its own time, that beat and worker do their work."""
    with redis.sync_client() as client:
        seconds, _ = client.time()
        client.set(heartbeat.KEY, seconds, ex=heartbeat.KEPT)
