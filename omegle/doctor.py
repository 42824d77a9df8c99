"""What `manage.py doctor` looks at: each part from outside, as its users meet it.

A check is a function that gives findings; what it raises for a part that is away becomes one, so
that the others are still looked at. Nothing here changes anything but what a visitor would: one
relay is allocated and given back, and a key written that lasts a second.
"""

import http.client
import ipaddress
import re
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import websockets.exceptions
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import ERROR, run_checks
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from packaging.markers import Marker
from websockets.sync.client import connect
from websockets.typing import Origin

from chat.protocol import Close
from chat.turn import ice_servers
from moderation.audit import head_read, head_verify
from moderation.models import Evidence
from moderation.policy.retention import HOLD_REMINDS
from moderation.sealing import reseal
from moderation.selectors.custody import holds
from omegle import heartbeat, status
from omegle.env import is_loopback
from omegle.lib.redis import WRITE_PROBE, RedisError, ResponseError, SyncClient, sync_client
from omegle.lib.stun import Refused, TurnClient

Verdict = Literal["ok", "warn", "fail"]

_REDIS_VERSION = (6, 2)
_CLOCK_WARNS, _CLOCK_FAILS = 2.0, 30.0
_DISK_WARNS, _DISK_FAILS = 2 << 30, 256 << 20
_JOBS_WARN = 1000
_SECONDS = 5.0
# Whom nobody may reach through the relay: this machine, also in disguise, and a cloud's metadata.
_PEERS: Final = ("127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1")
_PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^ ;\\]+)(?: ; (.+?))?(?: \\)?")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what, in two or three words.
        seen: what was found there.
        fix: what to do, a sentence; '' when it is well.
    """

    name: str
    verdict: Verdict
    seen: str
    fix: str = ""


Check = Callable[[], Iterator[Finding]]


def findings() -> Iterator[Finding]:
    """Look at everything, one after the other."""
    for check in CHECKS:
        try:
            yield from check()
        except RedisError as error:
            yield Finding(_name(check), "fail", f"Redis: {type(error).__name__}", _REDIS_FIX)
        except Error as error:
            yield Finding(_name(check), "fail", f"database: {type(error).__name__}", _DATABASE_FIX)


_CHECK_FIX = "Mend the setting that it names; docs/configuration.md has them all."
_REDIS_FIX = "Start Redis, or set REDIS_URL to where it is."
_DATABASE_FIX = "Start the database, or set DATABASE_URL to where it is."


def _name(check: Check) -> str:
    return check.__name__.replace("_", " ")


def _judged(name: str, seen: str, *, bad: bool, fix: str, verdict: Verdict = "fail") -> Finding:
    return Finding(name, verdict, seen, fix) if bad else Finding(name, "ok", seen)


# --- Settings and what is installed ---------------------------------------------------------------


def configuration() -> Iterator[Finding]:
    is_deployed = not settings.DEBUG and not is_loopback(
        urlsplit(settings.PUBLIC_URL).hostname or ""
    )
    found = run_checks(include_deployment_checks=is_deployed)
    for message in found:
        if message.is_silenced():
            continue
        verdict: Verdict = "fail" if message.level >= ERROR else "warn"
        yield Finding(
            f"setting {message.id}", verdict, _line(message.msg), _line(message.hint) or _CHECK_FIX
        )
    if settings.DEBUG:
        yield Finding("settings", "warn", "DEBUG is on", "Set DEBUG=0 before strangers come.")
    elif not any(message.level >= ERROR for message in found):
        yield Finding("settings", "ok", f"check{' --deploy' * is_deployed} finds no error")


def versions() -> Iterator[Finding]:
    """The packages are those the requirements pin for this platform."""
    other = []
    path = settings.BASE_DIR / "requirements" / "run.txt"
    for line in path.read_text().splitlines():
        pinned = _PINNED.fullmatch(line)
        if pinned is None:
            continue
        name, wanted, marker = pinned.groups()
        if marker and not Marker(marker).evaluate():
            continue
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != wanted:
            other.append(f"{name} {found} instead of {wanted}")
    yield _judged(
        "packages",
        "; ".join(other) or "as requirements/run.txt pins them",
        bad=bool(other),
        verdict="warn",
        fix="Run pip install --require-hashes -r requirements/run.txt.",
    )


def static_files() -> Iterator[Finding]:
    fix = "Run manage.py collectstatic."
    if settings.DEBUG:
        yield Finding("static files", "ok", "served from their sources while DEBUG is on")
        return
    path = "js/main.js"
    try:
        name = staticfiles_storage.url(path).removeprefix(settings.STATIC_URL).lstrip("/")
        there = (Path(settings.STATIC_ROOT) / name.removeprefix("static/")).exists()
    except ValueError:  # no manifest, or it is not in it
        there = False
    seen = "collected" if there else f"{path} is not among what was collected"
    yield _judged("static files", seen, bad=not there, fix=fix)


def disk() -> Iterator[Finding]:
    places = {"RUN_DIR": Path(settings.RUN_DIR)}
    if connection.vendor == "sqlite":
        places["the database"] = Path(str(settings.DATABASES["default"]["NAME"])).parent
    for name, place in places.items():
        try:
            free = shutil.disk_usage(place).free
        except OSError as error:
            yield Finding(f"disk of {name}", "fail", str(error.strerror), f"Make {place} usable.")
            continue
        yield Finding(
            f"disk of {name}",
            "fail" if free < _DISK_FAILS else "warn" if free < _DISK_WARNS else "ok",
            f"{free / (1 << 30):.1f} GiB free",
            "Make room: reports and the database need it." if free < _DISK_WARNS else "",
        )


def evidence_keys() -> Iterator[Finding]:
    """The present keys open what was sealed last."""
    last = Evidence.objects.order_by("-pk").first()
    opens = last is None or reseal(last.sealed)[0] != "unopened"
    yield _judged(
        "evidence keys",
        "nothing is sealed yet"
        if last is None
        else "open what was sealed last"
        if opens
        else "do not open it",
        bad=not opens,
        fix="Give this host the EVIDENCE_KEYS of the others: without them evidence is lost.",
    )


# --- Redis, the database, the clocks --------------------------------------------------------------


def redis() -> Iterator[Finding]:
    server = sync_client()
    yield _writes(server)
    version = str(server.info("server")["redis_version"])
    yield _judged(
        "Redis version",
        version,
        bad=tuple(int(part) for part in version.split(".")[:2]) < _REDIS_VERSION,
        fix="Run Redis 6.2 or newer.",
    )
    told = {name: _config(server, name) for name in ("save", "appendonly", "maxmemory-policy")}
    if None in told.values():
        yield Finding(
            "Redis on disk", "warn", "its settings are kept from us", "See that it saves nothing."
        )
        return
    yield _judged(
        "Redis on disk",
        f"save={told['save'] or 'never'}, appendonly={told['appendonly']}",
        bad=bool(told["save"]) or told["appendonly"] != "no",
        fix="Set save '' and appendonly no: conversations belong on no disk.",
    )
    yield _judged(
        "Redis when full",
        str(told["maxmemory-policy"]),
        bad=told["maxmemory-policy"] != "noeviction",
        fix="Set maxmemory-policy noeviction: what is evicted tears conversations apart.",
    )


def _writes(server: SyncClient) -> Finding:
    """See whether Redis takes a write; full, or without its disk, it answers who reads alone."""
    name, fix = "Redis when written to", "Raise its maxmemory, or see why it refuses to write."
    try:
        server.set(**WRITE_PROBE)
    except ResponseError as error:
        return Finding(name, "fail", f"refuses ({type(error).__name__})", fix)
    return Finding(name, "ok", "takes it")


def _config(server: Any, name: str) -> str | None:
    """Give a setting of Redis; None where a provider has forbidden to ask."""
    try:
        return str(server.config_get(name).get(name))
    except ResponseError:
        return None


def database() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield _judged(
        "database",
        f"{connection.vendor}, {len(missing)} migrations missing" if missing else connection.vendor,
        bad=bool(missing),
        fix="Run manage.py migrate.",
    )


def clocks() -> Iterator[Finding]:
    began = time.time()
    seconds, microseconds = sync_client().time()
    here = (began + time.time()) / 2
    others = {"Redis": seconds + microseconds / 1e6 - here}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            began = time.time()
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            others["the database"] = float(cursor.fetchone()[0]) - (began + time.time()) / 2
    for name, ahead in others.items():
        off = abs(ahead)
        yield Finding(
            f"clock of {name}",
            "fail" if off > _CLOCK_FAILS else "warn" if off > _CLOCK_WARNS else "ok",
            f"{ahead:+.1f} s from here",
            "Let every host follow a time server." if off > _CLOCK_WARNS else "",
        )


# --- Jobs -----------------------------------------------------------------------------------------


def jobs() -> Iterator[Finding]:
    """Beat sends a heartbeat and a worker writes it: which one is missing shows in the queue."""
    live, answering = status.live(), status.workers()
    yield _judged(
        "workers",
        ", ".join(answering) or "none answers",
        bad=not answering,
        fix="Start the Celery workers.",
    )
    age = live.heartbeat_age
    seen = "none lately" if age is None else f"{age} s ago"
    waits = live.jobs[heartbeat.QUEUE]
    yield _judged(
        "heartbeat",
        seen if live.jobs_done or not waits else f"{seen}, {waits} jobs wait",
        bad=not live.jobs_done,
        fix="Look at the worker of the queue upkeep." if waits else "Start the Celery beat.",
    )
    for name, count in live.jobs.items():
        if count > _JOBS_WARN:
            fix = f"Add a worker for the queue {name}, or see why its worker is stuck."
            yield Finding(f"queue {name}", "warn", f"{count} jobs wait", fix)


def audit_log() -> Iterator[Finding]:
    problems = head_verify()
    kept = "its end holds" if not problems and head_read() else "no end is kept here yet"
    yield _judged(
        "audit log",
        problems[0] if problems else kept,
        bad=bool(problems),
        fix="Run manage.py verify_audit, and find out who changed it.",
    )


def legal_holds() -> Iterator[Finding]:
    """None has been on for so long that it may have been forgotten."""
    on = holds()
    old = sum(each.is_old for each in on)
    yield _judged(
        "legal holds",
        f"{len(on)} on, {old} of them for more than {HOLD_REMINDS.days} days"
        if old
        else f"{len(on)} on",
        bad=bool(old),
        verdict="warn",
        fix="Have the role legal see on its dashboard which are needed; two persons release one.",
    )


# --- From outside ---------------------------------------------------------------------------------


def pages() -> Iterator[Finding]:
    """PUBLIC_URL leads here, with the host we answer to."""
    parts = urlsplit(settings.PUBLIC_URL)
    fix = "See that PUBLIC_URL leads to this copy and the proxy passes Host on."
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    caller = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        caller.request("GET", "/status.json")
        answer = caller.getresponse()
        answer.read(10_000)
    except (OSError, http.client.HTTPException) as error:
        yield Finding("PUBLIC_URL", "fail", type(error).__name__, fix)
        return
    finally:
        caller.close()
    good = answer.status == 200 and answer.headers.get_content_type() == "application/json"
    seen = f"{settings.PUBLIC_URL} answers {answer.status}"
    yield _judged("PUBLIC_URL", seen, bad=not good, fix=fix)


def sockets() -> Iterator[Finding]:
    """A socket opens through PUBLIC_URL; without a cookie it is closed as not admitted."""
    fix = "Let the proxy pass Upgrade, Connection, Host and Origin on, and keep sockets open."
    url = re.sub(r"^http", "ws", settings.PUBLIC_URL) + "/ws/"
    try:
        with connect(
            url, origin=Origin(settings.PUBLIC_URL), open_timeout=_SECONDS, proxy=None
        ) as socket:
            socket.recv(timeout=_SECONDS)
        code = None
    except websockets.exceptions.ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else None
    except (OSError, TimeoutError, ssl.SSLError, websockets.exceptions.WebSocketException) as error:
        yield Finding("WebSocket", "fail", type(error).__name__, fix)
        return
    good = code == Close.NOT_ADMITTED
    yield _judged("WebSocket", "opens" if good else f"closed with {code}", bad=not good, fix=fix)


def turn() -> Iterator[Finding]:
    """A relay as a browser gets it, over each way in, that leads to nobody but other relays."""
    if settings.VIDEO != "relay":
        yield Finding("TURN", "ok", f"not needed, VIDEO is {settings.VIDEO}")
        return
    described = ice_servers(
        settings.TURN_URLS, settings.TURN_SECRET, now=time.time(), name="doctor"
    )
    for offered in described:
        for url in offered.urls:
            yield _relay(url, offered.username, offered.credential)


def _relay(url: str, username: str, password: str) -> Finding:
    name = f"TURN {url}"
    try:
        with TurnClient(url, username, password) as client:
            address, port = client.allocate()
            reached = [peer for peer in _PEERS if _is_reached(client, peer)]
    except Refused as refused:
        fix = "Give the TURN server the same TURN_SECRET, and look at its clock and quota."
        return Finding(name, "fail", str(refused), fix)
    except OSError as error:
        fix = "Start the TURN server and open its port, for UDP and TCP."
        return Finding(name, "fail", type(error).__name__, fix)
    if reached:
        fix = "Deny these peers, as deploy/coturn/turnserver.conf does."
        return Finding(name, "fail", f"relays to {', '.join(reached)}", fix)
    if str(address) not in settings.TURN_RELAYS or port not in settings.TURN_PORTS:
        fix = "Set TURN_RELAYS and TURN_PORTS to what it relays from."
        return Finding(name, "fail", f"relays from {address} port {port}", fix)
    return Finding(name, "ok", "relays, and to nobody it must not")


def _is_reached(client: TurnClient, peer: str) -> bool:
    try:
        client.permit(ipaddress.ip_address(peer))
    except Refused:
        return False
    return True


CHECKS: Final[tuple[Check, ...]] = (
    *(configuration, versions, static_files, disk, evidence_keys),
    *(redis, database, clocks, jobs, audit_log, legal_holds),
    *(pages, sockets, turn),
)


def _line(text: object) -> str:
    return " ".join(str(text or "").split())
