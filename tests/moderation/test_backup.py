"""`backup` and `restore`: all that moderation keeps, from one database to another."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from moderation import models as kept
from moderation.audit import audit_append, audit_verify
from moderation.models import AuditEntry, Case, Evidence, FilterRule
from moderation.sealing import unseal
from moderation.services import backups
from tests import conftest
from tests.commands import Ran, run
from tests.environment import ROOT
from tests.moderation import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_place(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


@pytest.fixture
def history() -> Case:
    """A decided case with its people, an entry of the log with microseconds, a rule, a role."""
    factories.moderator("senior", "ada")
    case = factories.report("harassment", note="They went on and on. ✓")
    words = ("--as", "ada", "--measure", "day", "--rule", "harassment", "--facts", "You insulted.")
    assert run("ban", str(case.pk), *words).code == 0
    factories.report("spam")
    factories.rule(text="numpty", note="ours")
    return case


def rows() -> dict[str, list[dict[str, Any]]]:
    return {name: list(found) for name, found in backups._everything()}


def emptied() -> None:
    """Leave the database, and what this copy knows of its log, as `migrate` does."""
    conftest._empty_tables(None)  # type: ignore[arg-type]


def elsewhere(place: Path, *words: str) -> Ran:
    """Run a command on a SQLite database of its own."""
    place.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, Path(ROOT, "manage.py"), *words],
        env=os.environ | {"RUN_DIR": str(place), "DATABASE_URL": f"sqlite:///{place}/db.sqlite3"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_every_model_is_in_a_backup() -> None:
    assert {model.__name__ for model in backups._TABLES} == set(kept.__all__)


@pytest.mark.usefixtures("history")
def test_all_goes_to_another_database_and_back(tmp_path: Path, settings: Settings) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    made = run("backup", str(first), "--json")
    assert (made.code, made.data["counts"]["case.jsonl"]) == (0, 2)
    assert first.stat().st_mode & 0o777 == 0o600
    before = rows()

    there = tmp_path / "there"
    assert elsewhere(there, "migrate", "--verbosity=0").code == 0
    ran = elsewhere(there, "restore", str(first))
    assert (ran.code, ran.said) == (0, "")
    assert elsewhere(there, "verify_audit").code == 0
    assert elsewhere(there, "restore", str(first)).code == 1
    assert elsewhere(there, "backup", str(second)).code == 0

    emptied()
    settings.RUN_DIR = tmp_path / "new"
    settings.RUN_DIR.mkdir()
    ran = run("restore", str(second))
    assert (ran.code, ran.said) == (0, "")
    after = rows()
    more = after["auditentry.jsonl"][len(before["auditentry.jsonl"]) :]
    assert [entry["action"] for entry in more] == ["restore", "backup", "restore"]
    after["auditentry.jsonl"] = after["auditentry.jsonl"][: -len(more)]
    assert after == before
    assert audit_verify() == []


def test_what_is_restored_is_as_alive_as_before(tmp_path: Path, history: Case) -> None:
    file = tmp_path / "b.zip"
    assert run("backup", str(file)).code == 0
    emptied()
    (tmp_path / "audit-head").unlink()
    assert run("restore", str(file)).code == 0
    ada = User.objects.get(username="ada")
    assert (ada.has_usable_password(), ada.groups.get().name) == (False, "senior")
    evidence = Evidence.objects.select_related("report").order_by("pk")[0]
    assert b"numpty" in unseal(evidence.sealed, "talk", reference=evidence.report.reference)
    # The triggers are there, and new rows get numbers of their own.
    for model in (AuditEntry, kept.Decision):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**{"actor" if model is AuditEntry else "facts": "x"})
    old = Case.objects.order_by("-pk")[0].pk
    assert factories.report("spam").pk > old
    audit_append(actor="ada", action="view", target="x")
    assert audit_verify() == []


@pytest.mark.usefixtures("history")
def test_no_key_and_no_text_is_in_it(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "b.zip"
    User.objects.filter(username="ada").update(password="hash-of-ada")
    run("backup", str(file))
    with zipfile.ZipFile(file) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    for secret in (
        settings.SECRET_KEY,
        *settings.EVIDENCE_KEYS,
        "hash-of-ada",
        "please stop",
        "on and on",
    ):
        assert secret.encode() not in whole


@pytest.mark.usefixtures("history")
def test_dry_runs_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    before = AuditEntry.objects.count()
    assert run("backup", str(file), "--dry-run").code == 0
    assert (file.exists(), AuditEntry.objects.count()) == (False, before)
    run("backup", str(file))
    emptied()
    (tmp_path / "audit-head").unlink()
    ran = run("restore", str(file), "--dry-run", "--json")
    assert (ran.code, ran.data["dry_run"]) == (0, True)
    assert not Case.objects.exists()
    assert not AuditEntry.objects.exists()
    assert FilterRule.objects.exists()


def changed(file: Path, name: str, change: Callable[[bytes], bytes], *, sums: bool) -> None:
    """Write the archive anew with one part changed, and the digests too where `sums`."""
    with zipfile.ZipFile(file) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    parts[name] = change(parts[name])
    if sums:
        parts["SHA256SUMS"] = "".join(
            f"{hashlib.sha256(data).hexdigest()}  {each}\n"
            for each, data in parts.items()
            if each != "SHA256SUMS"
        ).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for each, data in parts.items():
            archive.writestr(each, data)


def _without_last_line(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:-1])


def _other_version(data: bytes) -> bytes:
    return json.dumps(json.loads(data) | {"migrations": ["0099_later"]}).encode()


@pytest.mark.parametrize(
    ("name", "change", "sums", "said"),
    [
        ("case.jsonl", _without_last_line, False, "SHA256SUMS"),
        ("activity.jsonl", lambda _: b"", True, "as many rows"),
        ("auditentry.jsonl", lambda d: d.replace(b'"ada"', b'"bob"'), True, "audit log"),
        ("case.jsonl", lambda d: d.replace(b'"lane"', b'"road"'), True, "none here"),
        ("manifest.json", _other_version, True, "Another version"),
        ("manifest.json", lambda _: b"[]", True, "no backup"),
    ],
)
@pytest.mark.usefixtures("history")
def test_changed_backup_is_refused_whole(
    tmp_path: Path, name: str, change: Callable[[bytes], bytes], sums: bool, said: str
) -> None:
    file = tmp_path / "b.zip"
    run("backup", str(file))
    changed(file, name, change, sums=sums)
    emptied()
    (tmp_path / "audit-head").unlink()
    ran = run("restore", str(file))
    assert (ran.code, said in ran.said) == (1, True), ran.said
    assert not Case.objects.exists()
    assert not User.objects.exists()


def test_what_cannot_be_is_said(tmp_path: Path, history: Case) -> None:
    file = tmp_path / "b.zip"
    assert run("restore", str(file)).code == 3
    file.write_text("no archive")
    assert run("restore", str(file)).code == 1
    before = file.read_bytes()
    assert run("backup", str(file)).code == 2
    assert file.read_bytes() == before
    assert run("backup", "/nowhere/b.zip").code == 2
    other = tmp_path / "c.zip"
    run("backup", str(other))
    assert "not empty" in run("restore", str(other)).said


@pytest.mark.usefixtures("history")
def test_backup_is_of_one_moment_and_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_SEEN_EVERY", 1)
    done = threading.Event()

    def somebody_else() -> None:
        factories.bare_case()
        connection.close()
        done.set()

    def write(_done: int) -> None:
        if not done.is_set():
            threading.Thread(target=somebody_else).start()
            assert done.wait(10)

    made = backups.backup_write(tmp_path / "b.zip", actor="test", seen=write)
    assert (made.counts["case.jsonl"], Case.objects.count()) == (2, 3)
    assert backups.backup_read(tmp_path / "b.zip") == made
