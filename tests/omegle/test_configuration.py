"""What operators are told about the settings is what the settings read."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Container
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from omegle.checks import age_provider_check, countries_check, frames_check, video_check
from omegle.management.commands.settings_docs import defaults
from omegle.management.commands.settings_docs import page as settings_page
from tests.environment import ROOT, setting_names

DOCUMENT = (ROOT / "docs" / "configuration.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", DOCUMENT, re.MULTILINE)) == setting_names()


def test_every_setting_is_in_the_example_and_no_other() -> None:
    assert set(re.findall(r"^#([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == setting_names()


def test_documented_defaults_are_those_of_the_settings() -> None:
    call_command("settings_docs", "--check")


@pytest.mark.parametrize(("name", "default"), sorted(defaults().items()))
def test_default_in_the_example_is_that_of_the_settings(name: str, default: str) -> None:
    assert f"#{name}={default}\n" in EXAMPLE


def test_outdated_default_is_found_and_what_is_said_of_it_stays() -> None:
    row = "| `DRAIN_SECONDS` | `{}`; `5` under `make run` | How long. |\n| `VIDEO` | {} | What. |\n"
    assert settings_page(row.format("31", "x")) == row.format("30", "`off`")


_LEAST = {
    "DJANGO_SETTINGS_MODULE": "omegle.settings",
    "EVIDENCE_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
}


def load_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in setting_names()}
    return subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=ROOT,
        env=kept | _LEAST | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_starts_without_a_secret() -> None:
    result = load_settings(RUN_DIR="/nowhere")
    assert result.returncode == 1
    assert result.stderr.startswith("Configuration: SECRET_KEY is not set")
    assert len(result.stderr.splitlines()) == 1


def test_nothing_starts_without_a_key_for_evidence() -> None:
    result = load_settings(RUN_DIR="/nowhere", SECRET_KEY="s", EVIDENCE_KEYS="")
    assert result.returncode == 1
    assert result.stderr.startswith("Configuration: EVIDENCE_KEYS is not set")
    assert len(result.stderr.splitlines()) == 1
    assert load_settings(RUN_DIR="/nowhere", EVIDENCE_KEYS="", DEBUG="1").returncode == 0


def test_password_in_a_malformed_database_url_is_not_repeated() -> None:
    result = load_settings(SECRET_KEY="s", DATABASE_URL="mongo://omegle:geheim@host/name")
    assert result.returncode == 1
    assert "DATABASE_URL must look like" in result.stderr
    assert "geheim" not in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("WS_PROTOCOL", "wsproto", "WS_PROTOCOL must be picows or websockets-sansio, not"),
        ("VIDEO", "yes", "VIDEO must be relay, direct or off, not 'yes'"),
        ("TURN_URLS", "stun:turn.example.org", "TURN_URLS must look like turn:"),
        ("TURN_URLS", "turn:turn.example.org?transport=sctp", "TURN_URLS must look like turn:"),
        ("TURN_RELAYS", "turn.example.org", "TURN_RELAYS must be IPv4 addresses"),
        ("TURN_RELAYS", "10.0.0.0/8", "TURN_RELAYS must be IPv4 addresses"),
        ("TURN_RELAYS", "2001:db8::1", "TURN_RELAYS must be IPv4 addresses"),
        ("TURN_RELAYS", "0.0.0.0", "0.0.0.0 is no machine's address"),
        ("TURN_PORTS", "49160", "TURN_PORTS must look like 49160-53159"),
        ("TURN_PORTS", "53159-49160", "TURN_PORTS must look like 49160-53159"),
        ("TURN_PORTS", "0-65535", "TURN_PORTS must look like 49160-53159"),
        ("TURN_PORTS", "49160-65536", "TURN_PORTS must look like 49160-53159"),
        ("FRAME_DETECTOR", "yolo", "FRAME_DETECTOR must be none or nudenet, not 'yolo'"),
        ("FRAME_THRESHOLD", "60%", "FRAME_THRESHOLD must be a number from 0 to 1, not '60%'"),
        ("FRAME_THRESHOLD", "1.5", "FRAME_THRESHOLD must be a number from 0 to 1, not '1.5'"),
        ("FRAME_THRESHOLD", "nan", "FRAME_THRESHOLD must be a number from 0 to 1, not 'nan'"),
        ("FRAME_SECONDS", "1", "FRAME_SECONDS must be from 10 to 600, not 1"),
        ("AGE_ASSURANCE", "yes", "AGE_ASSURANCE must be none, self or provider, not 'yes'"),
        ("AGE_PROVIDER_URL", "http://age.example.org/", "AGE_PROVIDER_URL must look like https:"),
        ("AGE_PROVIDER_URL", "https://", "AGE_PROVIDER_URL must look like https:"),
        ("AGE_PROVIDER_URL", "https://a.example/?x=1", "AGE_PROVIDER_URL must look like https:"),
        ("AGE_PROVIDER_URL", "https://me@a.example/", "AGE_PROVIDER_URL must look like https:"),
        ("AGE_PROVIDER_URL", "javascript:alert(1)", "AGE_PROVIDER_URL must look like https:"),
        ("AGE_PROVIDER_KEY", "short", "AGE_PROVIDER_KEY must be 32 bytes in URL-safe base64"),
        ("AGE_PROVIDER_KEY", "é", "AGE_PROVIDER_KEY must be 32 bytes in URL-safe base64"),
        ("AGE_BANDS", "18-24", "AGE_BANDS must be ages from 13 to 99, not '18-24'"),
        ("AGE_BANDS", "9", "AGE_BANDS must be ages from 13 to 99, not '9'"),
        ("COUNTRIES", "Germany", "COUNTRIES must be codes like GB or US-TX, not 'GERMANY'"),
        ("LANE_DAYS", "-1", "LANE_DAYS must be from 0 to 365, not -1"),
        ("REDIS_CLUSTER", "10.0.0.1:6379", "REDIS_CLUSTER must look like redis://10.0.0.1:6379"),
        (
            "REDIS_CLUSTER",
            "redis://10.0.0.1/1",
            "REDIS_CLUSTER must look like redis://10.0.0.1:6379",
        ),
        ("REDIS_TAG", "{p0}", "REDIS_TAG must be letters and digits, not '{p0}'"),
        ("EXPOSURE_BUDGET", "-1", "EXPOSURE_BUDGET must be from 0 to 10000, not -1"),
        ("KNOWN_PICTURES", "/etc/list", "KNOWN_PICTURES must be reason=/path,…"),
        ("KNOWN_PICTURES", "bad=/etc/list", "KNOWN_PICTURES must be reason=/path,…"),
        ("KNOWN_PICTURES", "minor=list", "KNOWN_PICTURES must be reason=/path,…"),
    ],
)
def test_malformed_choice_stops_the_start(name: str, value: str, told: str) -> None:
    result = load_settings(SECRET_KEY="s", **{name: value})
    assert result.returncode == 1
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


TURN = {
    "TURN_URLS": ("turn:turn.example.org:3478?transport=udp",),
    "TURN_SECRET": "s",
    "TURN_RELAYS": frozenset({"203.0.113.7"}),
}


@pytest.mark.parametrize(
    ("video", "lacks", "found"),
    [
        ("off", TURN, []),
        ("relay", [], []),
        ("relay", ["TURN_URLS"], ["omegle.E002"]),
        ("relay", ["TURN_SECRET"], ["omegle.E002"]),
        ("relay", ["TURN_RELAYS"], ["omegle.E002"]),
        ("direct", [], ["omegle.W002"]),
        ("direct", TURN, ["omegle.W002"]),
    ],
)
def test_video_without_a_relay_is_found_before_production(
    settings: Settings, video: str, lacks: Container[str], found: list[str]
) -> None:
    settings.VIDEO = video
    for name, value in TURN.items():
        setattr(settings, name, type(value)() if name in lacks else value)
    assert [message.id for message in video_check()] == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"FRAME_DETECTOR": "nudenet"}, []),
        ({"FRAME_DETECTOR": "nudenet", "VIDEO": "off"}, ["omegle.W003"]),
        ({"FRAME_DETECTOR": "nudenet", "missing": True}, ["omegle.E003"]),
        ({"KNOWN_PICTURES": ("good",), "missing": True}, ["omegle.E003"]),
        ({"KNOWN_PICTURES": ("good",)}, []),
        ({"KNOWN_PICTURES": ("bad", "good", "nowhere")}, ["omegle.E004", "omegle.E004"]),
    ],
    ids=str,
)
def test_checks_of_cameras_that_could_not_be_are_found_before_production(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    changed: dict[str, Any],
    found: list[str],
) -> None:
    (tmp_path / "good").write_text("0f" * 32)
    (tmp_path / "bad").write_text("0f" * 31)
    if changed.get("missing"):
        monkeypatch.setattr("omegle.checks.find_spec", lambda _: None)
    settings.VIDEO = changed.get("VIDEO", "direct")
    settings.FRAME_DETECTOR = changed.get("FRAME_DETECTOR", "none")
    lists = tuple(("minor", tmp_path / name) for name in changed.get("KNOWN_PICTURES", ()))
    settings.KNOWN_PICTURES = lists
    settings.FRAME_CHECKS = settings.FRAME_DETECTOR != "none" or bool(lists)
    assert [message.id for message in frames_check()] == found


@pytest.mark.parametrize(
    ("level", "countries", "found"),
    [
        ("self", (), []),
        ("none", (), []),
        ("self", ("DE", "US", "US-TX"), []),
        ("none", ("DE",), []),
        ("none", ("US-TX",), ["omegle.E007"]),
        ("self", ("GB",), ["omegle.E007"]),
        ("self", ("GB-SCT", "AU", "DE"), ["omegle.E007", "omegle.E007"]),
        ("provider", ("GB", "AU", "BR", "US"), []),
    ],
)
def test_country_that_asks_for_more_is_found_before_production(
    settings: Settings, level: str, countries: tuple[str, ...], found: list[str]
) -> None:
    settings.AGE_ASSURANCE, settings.COUNTRIES = level, countries
    messages = countries_check()
    assert [message.id for message in messages] == found
    for message in messages:
        assert f"AGE_ASSURANCE is {level}" in message.msg


@pytest.mark.parametrize(
    ("level", "url", "key", "found"),
    [
        ("self", "", b"", []),
        ("provider", "https://age.example.org/", bytes(32), []),
        ("provider", "", bytes(32), ["omegle.E006"]),
        ("provider", "https://age.example.org/", b"", ["omegle.E006"]),
    ],
)
def test_provider_that_is_not_described_is_found(
    settings: Settings, level: str, url: str, key: bytes, found: list[str]
) -> None:
    settings.AGE_ASSURANCE = level
    settings.AGE_PROVIDER_URL, settings.AGE_PROVIDER_KEY = url, key
    assert [message.id for message in age_provider_check()] == found


def test_https_address_secures_cookies_and_plain_loopback_does_not() -> None:
    secure = load_settings(SECRET_KEY="s", PUBLIC_URL="https://chat.example.org").stdout
    assert "SESSION_COOKIE_SECURE = True" in secure
    assert "SECURE_HSTS_SECONDS = 31536000" in secure
    plain = load_settings(SECRET_KEY="s").stdout
    assert "SESSION_COOKIE_SECURE" not in plain
    assert "SECURE_HSTS_SECONDS" not in plain


def test_every_websocket_protocol_can_be_chosen() -> None:
    from omegle.server.web import WS_PROTOCOLS

    for name in WS_PROTOCOLS:
        assert f"WS_PROTOCOL = '{name}'" in load_settings(SECRET_KEY="s", WS_PROTOCOL=name).stdout
    assert "WS_PROTOCOL = 'picows'" in load_settings(SECRET_KEY="s").stdout


def test_place_of_the_running_copy_is_taken_over_unless_another_is_set(tmp_path: Path) -> None:
    told = '{"PORT": "9123", "VIDEO": "relay", "TURN_SECRET": "geheim"}'
    (tmp_path / "running").write_text(told)
    place = {"SECRET_KEY": "s", "RUN_DIR": str(tmp_path)}
    found = load_settings(**place).stdout
    assert "PUBLIC_URL = 'http://127.0.0.1:9123'" in found
    assert "TURN_SECRET = 'geheim'" in found
    assert "PORT = 9124" in load_settings(**place, PORT="9124").stdout
    (tmp_path / "running").unlink()
    assert "PUBLIC_URL = 'http://127.0.0.1:8000'" in load_settings(**place).stdout
