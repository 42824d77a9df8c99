"""What is shipped for production names what there is: settings, programs, files, and each other."""

import configparser
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from omegle.server import private_redis, readiness
from omegle.server.supervisor import WEB, programs
from omegle.server.web import SOCKET_OPTIONS
from tests.environment import ROOT, setting_names
from tests.process.copies import free_port

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENVIRONMENT = (ROOT / "deploy" / "compose.env").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = ROOT / "deploy" / "systemd"
NGINX = (ROOT / "deploy" / "nginx" / "omegle.conf").read_text()
CADDY = (ROOT / "deploy" / "caddy" / "Caddyfile").read_text()

PROGRAMS = {
    each.name for each in programs(web=WEB, reloads=False, drain_seconds=0, checks_frames=True)
}
OURS = {name: each for name, each in SERVICES.items() if each.get("image", "").startswith("omegle")}
# What compose and the services beside us read themselves.
OF_COMPOSE = {
    *("SITE_HOST", "POSTGRES_PASSWORD", "REDIS_MEMORY", "UPSTREAMS", "STATIC_FILES"),
    *("COMPOSE_PROFILES", "OMEGLE_VERSION", "OMEGLE_REQUIREMENTS"),
}


class Unit(configparser.RawConfigParser):
    """A unit of systemd; of what is said several times the last one."""

    def __init__(self, *files: Path) -> None:
        super().__init__(strict=False, interpolation=None)
        self.optionxform = str  # type: ignore[assignment, method-assign]
        self.read(files)


def unit(name: str) -> Unit:
    return Unit(UNITS / f"{name}.service", *UNITS.glob("omegle-.service.d/*.conf"))


# --- Containers -----------------------------------------------------------------------------------


def test_every_program_has_a_service_and_none_else() -> None:
    run = {
        name: each["command"][-1]
        for name, each in OURS.items()
        if each["command"][:-1] == ["python", "-m", "omegle.server.program"]
    }
    assert set(run.values()) == PROGRAMS
    assert set(OURS) == set(run) | {"prepare"}
    assert sorted(run.values()).count("web") == 2
    assert sorted(run.values()).count("beat") == 1


def test_every_setting_of_the_services_is_documented() -> None:
    for name, each in OURS.items():
        assert set(each["environment"]) <= setting_names(), name
    named = set(re.findall(r"^#?([A-Z_]+)=", ENVIRONMENT, re.MULTILINE))
    assert named <= setting_names() | OF_COMPOSE
    # What compose itself fills in is in the file to fill in.
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert asked <= named


def test_settings_of_the_image_are_documented() -> None:
    given = set(re.findall(r"\b(HOST|RUN_DIR|STATIC_ROOT|[A-Z]+_[A-Z_]+)=", DOCKERFILE))
    of_python = {name for name in given if name.startswith(("PIP_", "PYTHON"))}
    assert given - of_python <= setting_names()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_may_do_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    if name == "coturn":  # tests/test_turn_server.py looks at what it extends
        assert service["extends"] == {"file": "deploy/coturn/compose.yaml", "service": "coturn"}
        return
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert ("ports" in service) == (name == "caddy")
    reached = set(service["networks"])
    assert name == "caddy" or all(COMPOSE["networks"][each]["internal"] for each in reached)


def test_only_caddy_is_believed_about_addresses() -> None:
    address = SERVICES["caddy"]["networks"]["front"]["ipv4_address"]
    assert SERVICES["web-1"]["environment"]["TRUSTED_PROXIES"] == address
    upstreams = SERVICES["caddy"]["environment"]["UPSTREAMS"].split()
    assert upstreams == [f"{name}:8000" for name in OURS if name.startswith("web-")]


def test_redis_of_the_container_is_set_up_as_our_own(tmp_path: Path) -> None:
    ours = dict(pairwise(private_redis.command(tmp_path)[1:]))
    theirs = dict(pairwise(SERVICES["redis"]["command"][1:]))
    for option in ("--save", "--appendonly", "--crash-log-enabled", "--maxmemory-policy"):
        assert theirs[option] == ours[option]


def test_process_has_time_to_drain() -> None:
    for service in OURS.values():
        grace = int(service["stop_grace_period"].removesuffix("s"))
        assert grace >= int(service["environment"]["DRAIN_SECONDS"]) + 2


def test_image_has_what_the_programs_run_and_nothing_private() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    taken = {line[1:].rstrip("/") for line in ignored if line.startswith("!")}
    assert {"omegle", "chat", "matching", "moderation", "spymode", "templates", "static"} <= taken
    assert {path.name for path in settings.LOCALE_PATHS} <= taken
    assert taken <= {path.name for path in ROOT.iterdir()}
    assert not taken & {".env", ".run", ".git", "tests", "docs", "deploy"}
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert "--require-hashes" in DOCKERFILE
    # The keys in it sign and seal nothing.
    assert re.findall(r"SECRET_KEY=(\S+)", DOCKERFILE) == ["not-a-secret"]
    assert re.findall(r"EVIDENCE_KEYS=(\S+)", DOCKERFILE) == ["A" * 43 + "="]


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements/*.txt")), ids=lambda p: p.stem)
def test_every_requirement_has_a_hash(path: Path) -> None:
    # Each begins a line; what belongs to it is indented.
    required = re.split(r"^(?=\w)", path.read_text(), flags=re.MULTILINE)[1:]
    assert len(required) > 5
    assert [each.splitlines()[0] for each in required if "--hash=sha256:" not in each] == []


# --- systemd --------------------------------------------------------------------------------------


def test_every_program_has_a_unit_and_none_else() -> None:
    units = {path.stem: unit(path.stem)["Service"]["ExecStart"] for path in UNITS.glob("*.service")}
    run = {name: shlex.split(command)[-1] for name, command in units.items()}
    assert set(run.values()) == PROGRAMS
    for name, program in run.items():
        assert name == ("omegle-web@" if program == "web" else f"omegle-{program}")
        assert shlex.split(units[name])[1:-1] == ["-m", "omegle.server.program"]


@pytest.mark.parametrize("path", sorted(UNITS.glob("*.service")), ids=lambda path: path.stem)
def test_unit_has_documented_settings_and_time_to_drain(path: Path) -> None:
    texts = [path.read_text(), *(each.read_text() for each in UNITS.glob("*.d/*.conf"))]
    given = {
        word.partition("=")[0]
        for text in texts
        for line in re.findall(r"^Environment=(.*)$", text, re.MULTILINE)
        for word in line.split()
    }
    assert given <= setting_names()
    service = unit(path.stem)["Service"]
    drain = re.search(r"DRAIN_SECONDS=(\d+)", texts[-1])
    assert drain is not None
    assert int(service["TimeoutStopSec"]) >= int(drain[1]) + 2
    assert service["User"] == "omegle"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""


# --- Proxies --------------------------------------------------------------------------------------


def test_proxies_reach_the_web_processes_of_the_units() -> None:
    assert "PORT=800%i" in (UNITS / "omegle-web@.service").read_text()
    upstreams = re.findall(r"server (127\.0\.0\.1:\d+)", NGINX)
    assert upstreams == ["127.0.0.1:8001", "127.0.0.1:8002"]
    assert " ".join(upstreams) in CADDY


def test_proxies_cut_no_socket_in_use_and_name_nobody() -> None:
    waits = [int(each) for each in re.findall(r"proxy_(?:read|send)_timeout (\d+)s", NGINX)]
    pings = SOCKET_OPTIONS["ws_ping_interval"] + SOCKET_OPTIONS["ws_ping_timeout"]
    assert len(waits) == 2
    assert min(waits) > 2 * pings
    assert "access_log off" in NGINX
    assert "crit" in NGINX
    assert not re.search(r"^\s*log\b", CADDY, re.MULTILINE)
    # Set, not appended to.
    assert "X-Forwarded-For $remote_addr;" in NGINX
    assert "$proxy_add_x_forwarded_for" not in NGINX


# --- Commands -------------------------------------------------------------------------------------


def test_program_of_another_name_is_refused() -> None:
    command = [sys.executable, "-m", "omegle.server.program", "nobody"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert all(name in done.stderr for name in PROGRAMS)


def test_readiness_of_nobody_is_one_line_and_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", str(free_port()))
    monkeypatch.setattr(sys, "argv", ["readiness"])
    with pytest.raises(SystemExit, match="omegle: the web server does not answer"):
        readiness.main()
