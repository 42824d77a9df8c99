"""`doctor`: what is well is called well, and what is wrong is found, with what to do."""

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from chat.turn import ice_servers
from moderation.audit import audit_append
from moderation.services.cases import evidence_hold
from omegle import doctor, heartbeat
from omegle.doctor import Finding
from omegle.lib.stun import Refused, TurnClient
from omegle.tasks import heartbeat_write
from tests import commands
from tests.away import redis_away, redis_full
from tests.moderation import factories
from tests.process.copies import free_port, wait_until
from tests.strangers import Chat
from tests.turn import running_turn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_place(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RUN_DIR = tmp_path
    monkeypatch.setattr("omegle.status._PING_SECONDS", 0.01)


def seen(check: doctor.Check) -> dict[str, Finding]:
    found = {finding.name: finding for finding in check()}
    for finding in found.values():
        assert (finding.verdict == "ok") == (finding.fix == ""), finding
    return found


def verdicts(check: doctor.Check) -> dict[str, str]:
    return {name: finding.verdict for name, finding in seen(check).items()}


# --- The command ----------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (doctor.redis, doctor.database))


@pytest.mark.usefixtures("few")
def test_all_well_is_status_0() -> None:
    ran = commands.run("doctor", "--json")
    assert (ran.code, ran.data["ok"]) == (0, True)
    assert {finding["verdict"] for finding in ran.data["findings"]} == {"ok"}
    assert "ok    Redis when full: noeviction\n" in commands.run("doctor").out


@pytest.mark.usefixtures("few")
def test_part_that_is_away_fails_and_the_others_are_still_looked_at(settings: Settings) -> None:
    with redis_away(settings):
        ran = commands.run("doctor", "--json")
    assert (ran.code, ran.said) == (1, "1 of 2 checks failed.")
    assert [finding["verdict"] for finding in json.loads(ran.out)["findings"]] == ["fail", "ok"]


# --- Each check -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("save", "60 1", "Redis on disk"),
        ("maxmemory-policy", "allkeys-lru", "Redis when full"),
    ],
)
def test_redis_set_up_wrongly_is_found(
    redis_db: redis.Redis, name: str, value: str, finding: str
) -> None:
    before = str(redis_db.config_get(name)[name])
    redis_db.config_set(name, value)
    try:
        assert verdicts(doctor.redis)[finding] == "fail"
    finally:
        redis_db.config_set(name, before)
    assert set(verdicts(doctor.redis).values()) == {"ok"}


def test_full_redis_is_found(redis_db: redis.Redis) -> None:
    with redis_full(redis_db):
        found = seen(doctor.redis)["Redis when written to"]
    assert (found.verdict, found.seen) == ("fail", "refuses (OutOfMemoryError)")


def test_clocks_that_differ_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(verdicts(doctor.clocks).values()) == {"ok"}
    now = time.time
    monkeypatch.setattr("omegle.doctor.time.time", lambda: now() - 60)
    assert set(verdicts(doctor.clocks).values()) == {"fail"}


def test_beat_or_worker_away_is_told_apart(redis_db: redis.Redis) -> None:
    assert verdicts(doctor.jobs) == {"workers": "fail", "heartbeat": "fail"}
    assert "beat" in seen(doctor.jobs)["heartbeat"].fix
    redis_db.rpush(f"celery:{heartbeat.QUEUE}", "{}")
    assert "worker" in seen(doctor.jobs)["heartbeat"].fix
    heartbeat_write()
    assert verdicts(doctor.jobs)["heartbeat"] == "ok"


def test_queue_that_grows_is_found(redis_db: redis.Redis) -> None:
    redis_db.rpush("celery:reports", *["{}"] * 1001)
    assert verdicts(doctor.jobs)["queue reports"] == "warn"


def test_end_of_the_audit_log_is_looked_at(tmp_path: Path) -> None:
    assert "no end is kept" in seen(doctor.audit_log)["audit log"].seen
    audit_append(actor="ada", action="view", target="x")
    assert "holds" in seen(doctor.audit_log)["audit log"].seen
    (tmp_path / "audit-head").write_text("forged")
    assert verdicts(doctor.audit_log) == {"audit log": "fail"}


def test_hold_that_may_be_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    evidence_hold(
        factories.report().reports.get().evidence, moderator=factories.moderator("legal"), why="x"
    )
    assert seen(doctor.legal_holds)["legal holds"].seen == "1 on"
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=366))
    found = seen(doctor.legal_holds)["legal holds"]
    assert (found.verdict, found.seen) == ("warn", "1 on, 1 of them for more than 365 days")


def test_missing_migrations_are_found() -> None:
    call_command("migrate", "moderation", "0001", "--fake", verbosity=0)
    try:
        assert verdicts(doctor.database) == {"database": "fail"}
    finally:
        call_command("migrate", "--fake", verbosity=0)
    assert verdicts(doctor.database) == {"database": "ok"}


def test_packages_are_compared(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "requirements").mkdir()
    wanted = tmp_path / "requirements" / "run.txt"
    wanted.write_text(
        "django==1.0 \\\n    --hash=sha256:00\n"
        "no-such==2 ; sys_platform == 'win32' \\\nno-other==3\n"
    )
    [finding] = seen(doctor.versions).values()
    assert "instead of 1.0; no-other missing instead of 3" in finding.seen
    assert "no-such" not in finding.seen


def test_full_disk_and_missing_directory_are_found(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verdicts(doctor.disk)["disk of RUN_DIR"] in ("ok", "warn")
    monkeypatch.setattr(doctor, "_DISK_FAILS", 1 << 60)
    monkeypatch.setattr(doctor, "_DISK_WARNS", 1 << 61)
    assert verdicts(doctor.disk)["disk of RUN_DIR"] == "fail"
    settings.RUN_DIR = tmp_path / "gone"
    assert verdicts(doctor.disk)["disk of RUN_DIR"] == "fail"


def test_settings_that_need_care_are_found(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://chat.example.org"
    settings.SECURE, settings.TRUSTED_PROXIES = True, ()
    assert verdicts(doctor.configuration)["setting omegle.W001"] == "warn"


def test_keys_that_open_nothing_are_found(settings: Settings) -> None:
    assert verdicts(doctor.evidence_keys) == {"evidence keys": "ok"}
    factories.report("harassment")
    assert verdicts(doctor.evidence_keys) == {"evidence keys": "ok"}
    settings.EVIDENCE_KEYS = (base64.urlsafe_b64encode(bytes(range(32))).decode(),)
    assert verdicts(doctor.evidence_keys) == {"evidence keys": "fail"}


def test_missing_static_files_are_found(settings: Settings) -> None:
    assert verdicts(doctor.static_files) == {"static files": "fail"}
    settings.DEBUG = True
    assert verdicts(doctor.static_files) == {"static files": "ok"}


async def test_copy_is_reached_by_its_address(chat: Chat, settings: Settings) -> None:
    settings.PUBLIC_URL = chat.origin
    assert await asyncio.to_thread(verdicts, doctor.pages) == {"PUBLIC_URL": "ok"}
    assert await asyncio.to_thread(verdicts, doctor.sockets) == {"WebSocket": "ok"}
    settings.ALLOWED_HOSTS = ["chat.example.org"]
    assert await asyncio.to_thread(verdicts, doctor.pages) == {"PUBLIC_URL": "fail"}


async def test_nobody_at_the_address_is_found(settings: Settings) -> None:
    settings.PUBLIC_URL = f"http://127.0.0.1:{free_port()}"
    assert await asyncio.to_thread(verdicts, doctor.pages) == {"PUBLIC_URL": "fail"}
    assert await asyncio.to_thread(verdicts, doctor.sockets) == {"WebSocket": "fail"}


# --- TURN -----------------------------------------------------------------------------------------


@pytest.fixture
def turn_server(settings: Settings) -> Iterator[None]:
    with running_turn() as server:
        told = server.settings
        settings.VIDEO = "relay"
        settings.TURN_URLS = tuple(told["TURN_URLS"].split(","))
        settings.TURN_SECRET = told["TURN_SECRET"]
        settings.TURN_RELAYS = frozenset({told["TURN_RELAYS"]})
        low, high = told["TURN_PORTS"].split("-")
        settings.TURN_PORTS = range(int(low), int(high) + 1)
        wait_until(_answers, seconds=10, otherwise=lambda: "no answer over UDP")
        yield


def _answers() -> bool:
    """Over UDP: coturn listens to that a moment later than to TCP."""
    try:
        with TurnClient(django_settings.TURN_URLS[0], "x", "y") as client:
            client.allocate()
    except Refused:
        return True
    except OSError:
        return False
    return False


@pytest.mark.process
@pytest.mark.usefixtures("turn_server")
def test_relay_is_allocated_over_udp_and_tcp_and_reaches_nobody(settings: Settings) -> None:
    found = seen(doctor.turn)
    assert [name.partition("=")[2] for name in found] == ["udp", "tcp"]
    assert {finding.verdict for finding in found.values()} == {"ok"}, found


@pytest.mark.process
@pytest.mark.usefixtures("turn_server")
def test_relay_that_is_set_up_wrongly_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(doctor, "_PEERS", tuple(settings.TURN_RELAYS))  # which it does relay to
        assert {f.seen for f in seen(doctor.turn).values()} == {"relays to 127.0.0.2"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "TURN_RELAYS", frozenset({"203.0.113.7"}))
        assert all("relays from" in finding.seen for finding in seen(doctor.turn).values())
    settings.TURN_SECRET = "another"
    assert all("TURN_SECRET" in finding.fix for finding in seen(doctor.turn).values())


@pytest.mark.process
def test_no_turn_server_is_found(settings: Settings) -> None:
    settings.VIDEO, settings.TURN_SECRET = "relay", "s"
    settings.TURN_URLS = (f"turn:127.0.0.1:{free_port()}?transport=tcp",)
    [finding] = seen(doctor.turn).values()
    assert (finding.verdict, finding.seen) == ("fail", "ConnectionRefusedError")


@pytest.mark.process
@pytest.mark.usefixtures("turn_server")
def test_relay_is_given_back(settings: Settings) -> None:
    [offered] = ice_servers(settings.TURN_URLS, settings.TURN_SECRET, now=time.time(), name="x")
    for url in offered.urls:
        with TurnClient(url, offered.username, offered.credential) as client:
            client.allocate()
            client.release()  # raises when it is refused


@pytest.mark.process
@pytest.mark.usefixtures("turn_server")
def test_client_is_refused_without_a_credential(settings: Settings) -> None:
    with TurnClient(settings.TURN_URLS[0], "x", "y") as client, pytest.raises(Refused) as refused:
        client.allocate()
    assert refused.value.code == 401
