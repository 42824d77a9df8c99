"""`manage.py create_moderator`, as an operator types it."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import RequestFactory
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from moderation.models import AuditEntry
from moderation.policy.roles import ROLES, Role
from tests.commands import run
from tests.environment import ROOT
from tests.moderation.staff import token

pytestmark = pytest.mark.django_db


def create(*words: str) -> dict[str, str]:
    """Run it and give what it printed, by label."""
    out = io.StringIO()
    call_command("create_moderator", *words, stdout=out)
    return dict(re.findall(r"^  (\w+(?: \w+)?) {2,}(\S+)$", out.getvalue(), re.MULTILINE))


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def is_password(name: str, password: str) -> bool:
    return authenticate(RequestFactory().post("/"), username=name, password=password) is not None


@pytest.mark.parametrize("role", list(ROLES))
def test_account_is_staff_in_its_role_and_no_superuser(role: Role) -> None:
    create("ada", "--role", role)
    ada = User.objects.get(username="ada")
    assert (ada.is_staff, ada.is_superuser) == (True, False)
    assert [group.name for group in ada.groups.all()] == [role]


def test_made_password_and_secret_are_printed_and_work() -> None:
    told = create("ada", "--role", "senior")
    assert told["name"] == "ada"
    assert len(told["password"]) >= 20
    assert is_password("ada", told["password"])
    assert TOTPDevice.objects.get(user__username="ada").verify_token(token(told["secret"]))


def test_link_carries_secret_name_and_issuer(settings: Settings) -> None:
    settings.OTP_TOTP_ISSUER = "Some Chat"
    told = create("ada", "--role", "senior")
    link = urlsplit(told["app link"])
    assert (link.scheme, link.netloc, link.path) == ("otpauth", "totp", "/Some%20Chat%3Aada")
    query = parse_qs(link.query)
    assert (query["secret"], query["issuer"]) == ([told["secret"]], ["Some Chat"])


def test_issuer_is_the_name_of_the_site(settings: Settings) -> None:
    assert settings.OTP_TOTP_ISSUER == settings.SITE_NAME


def test_given_password_comes_from_standard_input_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed(monkeypatch, "correct horse battery\nnot this line\n")
    told = create("ada", "--role", "triage", "--password-stdin")
    assert "password" not in told
    assert is_password("ada", "correct horse battery")


@pytest.mark.parametrize("password", ["", "123", "password123"])
def test_weak_password_makes_nobody(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    typed(monkeypatch, f"{password}\n")
    with pytest.raises(CommandError, match="password"):
        create("ada", "--role", "triage", "--password-stdin")
    assert not User.objects.exists()


def test_present_name_is_refused() -> None:
    create("ada", "--role", "senior")
    with pytest.raises(CommandError, match=r"^ada exists already; --new-device gives"):
        create("ada", "--role", "triage")
    assert User.objects.get().groups.get().name == "senior"


def test_impossible_name_is_refused() -> None:
    with pytest.raises(CommandError, match="valid username"):
        create("a b/c", "--role", "triage")


def test_new_device_replaces_the_old_one_and_nothing_else() -> None:
    old = create("ada", "--role", "senior")
    new = create("ada", "--new-device")
    assert "password" not in new
    device = TOTPDevice.objects.get(user__username="ada")
    assert not device.verify_token(token(old["secret"]))
    device.throttle_reset()
    assert device.verify_token(token(new["secret"]))
    assert is_password("ada", old["password"])
    assert User.objects.get().groups.get().name == "senior"


def test_new_device_for_nobody_is_refused() -> None:
    ran = run("create_moderator", "ada", "--new-device")
    assert (ran.code, ran.out, ran.said) == (3, "", "there is nobody called ada.")


def test_what_was_made_can_be_read_by_programs_and_is_in_the_log() -> None:
    made = run("create_moderator", "ada", "--role", "senior", "--json").data
    assert made.keys() == {"name", "password", "secret", "app_link", "request"}
    assert is_password("ada", made["password"])
    assert made["request"] is None
    run("create_moderator", "ada", "--new-device")
    entries = AuditEntry.objects.values_list("action", "target").order_by("pk")
    assert [each for each in entries if each[0] != "role"] == [
        ("add-account", "ada"),
        ("new-device", "ada"),
    ]
    assert all(entry.actor.startswith("command by ") for entry in AuditEntry.objects.all())


@pytest.mark.parametrize(
    "words",
    [("ada",), ("ada", "--role", "king"), ("ada", "--role", "senior", "--new-device")],
    ids=["no-role", "unknown-role", "role-and-device"],
)
def test_words_that_make_no_sense_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        create(*words)


def test_refusal_is_one_line_and_status_1(tmp_path: Path) -> None:
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    command = [sys.executable, "manage.py"]
    for words in (["migrate", "--verbosity=0"], ["create_moderator", "ada", "--role=triage"]):
        subprocess.run(
            [*command, *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL
        )
    again = subprocess.run(
        [*command, "create_moderator", "ada", "--role=triage"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert again.stdout == ""
    assert again.stderr == (
        "create_moderator: ada exists already; --new-device gives another second factor.\n"
    )
