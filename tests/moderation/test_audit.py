"""The audit log finds out whoever changes it, with the triggers out of the way."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from moderation.audit import audit_append, audit_verify, entry_digest, head_keep, head_read
from moderation.models import AuditEntry
from moderation.triggers import triggers_create, triggers_drop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _log_of_five(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Five entries, their head, and nobody who watches."""
    settings.RUN_DIR = tmp_path
    for number in range(5):
        audit_append(actor="mo", action="view", target=f"evidence {number}", detail={"n": number})
    triggers_drop(connection)
    yield
    triggers_create(connection)


def test_log_that_nobody_touched_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit_verify() == []
    call_command("verify_audit")
    assert capsys.readouterr().out == "5 entries hold, its end too.\n"


def _alter(number: int) -> None:
    AuditEntry.objects.filter(pk=number).update(actor="nobody")


def _alter_well(number: int) -> None:
    """Change an entry, and what seals it with it."""
    entry = AuditEntry.objects.get(pk=number)
    entry.actor = "nobody"
    entry.digest = entry_digest(entry)
    entry.save()


def _delete(number: int) -> None:
    AuditEntry.objects.filter(pk=number).delete()


def _swap(number: int) -> None:
    """Exchange two entries, ids aside."""
    one, other = AuditEntry.objects.get(pk=number), AuditEntry.objects.get(pk=number + 1)
    one.pk, other.pk = other.pk, one.pk
    one.save()
    other.save()


def _swap_well(number: int) -> None:
    """Exchange what two entries tell, and seal both anew."""
    one, other = AuditEntry.objects.get(pk=number), AuditEntry.objects.get(pk=number + 1)
    one.target, other.target = other.target, one.target
    one.digest = entry_digest(one)
    one.save()
    other.previous = one.digest
    other.digest = entry_digest(other)
    other.save()


def _cut(number: int) -> None:
    AuditEntry.objects.filter(pk__gte=number).delete()


def _rewrite(number: int) -> None:
    """Cut the log off and write another end, well chained."""
    _cut(number)
    for again in range(number, 8):
        audit_append(actor="mo", action="view", target=f"something else {again}")


@pytest.mark.parametrize(
    "damage", [_alter, _alter_well, _delete, _swap, _swap_well, _cut, _rewrite]
)
@pytest.mark.parametrize("number", [1, 3, 4])
def test_damage_is_found(damage: Callable[[int], None], number: int) -> None:
    damage(number)
    assert audit_verify()
    with pytest.raises(CommandError, match="does not hold"):
        call_command("verify_audit")


@pytest.mark.parametrize(
    "change",
    [
        {"at": timezone.now() - timedelta(days=1)},
        {"actor": "nobody"},
        {"action": "claim"},
        {"target": "evidence 9"},
        {"detail": {"n": 9}},
        {"click": "another"},
        {"previous": "f" * 64},
        {"digest": "f" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("number", [1, 3, 5])
def test_every_altered_field_is_found(change: dict[str, Any], number: int) -> None:
    AuditEntry.objects.filter(pk=number).update(**change)
    assert audit_verify()


def test_last_entry_altered_or_exchanged_is_found_by_the_head() -> None:
    _alter_well(5)
    assert audit_verify() == ["Entry 5 is another than it was."]
    _delete(5)
    audit_append(actor="mo", action="view", target="something else")
    assert audit_verify() == ["Entry 5 is another than it was."]


def test_log_that_was_emptied_is_found() -> None:
    AuditEntry.objects.all().delete()
    assert audit_verify() == ["The log ends before entry 5, which was there."]


def test_without_a_head_the_command_says_what_it_cannot_see(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "audit-head").unlink()
    _cut(4)
    call_command("verify_audit")
    assert "no head is kept here" in capsys.readouterr().out


def test_last_entry_cut_off_is_found() -> None:
    _cut(5)
    assert audit_verify() == ["The log ends before entry 5, which was there."]


def test_forged_head_is_found(tmp_path: Path) -> None:
    (tmp_path / "audit-head").write_text("2 abc:forged")
    assert audit_verify() == ["The signed head is forged."]


def test_head_follows_what_others_wrote_and_stays_when_the_log_was_cut(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "audit-head").unlink()
    head_keep()
    head = head_read()
    assert head is not None
    assert head.id == 5
    _cut(4)
    with caplog.at_level(logging.ERROR):
        head_keep()
    assert "does not hold" in caplog.text
    assert head_read() == head


def test_head_that_cannot_be_kept_is_logged_and_what_was_done_stands(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "audit-head").write_text("2 abc:forged")
    with caplog.at_level(logging.ERROR):
        audit_append(actor="mo", action="view", target="evidence 6")
    assert "The signed head is forged." in caplog.text
    assert AuditEntry.objects.count() == 6
