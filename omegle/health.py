"""What load balancers and operators ask: does the process live, may it take visitors, the figures.

Only Redis decides about readiness, by taking a write: when it is full it answers all the same, and
no conversation goes on. The database and the jobs carry no conversation: that one of
them is away is said in the body, for the operator. Every answer comes within about a second.
"""

import asyncio
import hmac
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import django.db
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST

from omegle import heartbeat
from omegle.exposition import exposition
from omegle.lib import lifecycle
from omegle.lib.redis import WRITE_PROBE, RedisError, client
from omegle.lib.threads import DatabaseThreads
from omegle.status import MISSED_BEATS

_TIMEOUT_SECONDS = 1.0

# Its own thread: a database that hangs must not hold up whoever else waits for one.
_metrics_threads = DatabaseThreads("metrics", 1)
_database_thread = ThreadPoolExecutor(1, thread_name_prefix="readyz-database")


@dataclass(frozen=True, slots=True)
class _Jobs:
    ok: bool
    heartbeat_age: int | None


@never_cache
async def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@never_cache
async def readyz(request: HttpRequest) -> JsonResponse:
    """Name the state of each part; 503 while Redis is away or full, or this process is leaving."""
    (redis_ok, jobs), database_ok = await asyncio.gather(_redis_and_jobs(), _database())
    ready = redis_ok and not lifecycle.is_draining()
    body = {
        "ready": ready,
        "draining": lifecycle.is_draining(),
        "redis": {"ok": redis_ok},
        "database": {"ok": database_ok},
        "jobs": {"ok": jobs.ok, "heartbeat_age": jobs.heartbeat_age},
    }
    return JsonResponse(body, status=200 if ready else 503)


@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    """Give the figures of all processes to who has METRICS_TOKEN; without that setting a 404."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(await _metrics_threads.run(exposition), content_type=CONTENT_TYPE_LATEST)


async def _redis_and_jobs() -> tuple[bool, _Jobs]:
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS), client() as redis:
            await redis.set(**WRITE_PROBE)
            (now, _), beat = await redis.time(), await redis.get(heartbeat.KEY)
    except (RedisError, OSError, TimeoutError):
        return False, _Jobs(ok=False, heartbeat_age=None)
    if beat is None:
        return True, _Jobs(ok=False, heartbeat_age=None)
    age = now - int(beat)
    return True, _Jobs(ok=age <= MISSED_BEATS * settings.HEARTBEAT_SECONDS, heartbeat_age=age)


async def _database() -> bool:
    loop = asyncio.get_running_loop()
    try:
        # When the time is up a question still in the thread's queue is taken back.
        return await asyncio.wait_for(
            loop.run_in_executor(_database_thread, _ask_database), _TIMEOUT_SECONDS
        )
    except TimeoutError:
        return False


def _ask_database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except django.db.Error:
        return False
    finally:
        connection.close()
    return True
