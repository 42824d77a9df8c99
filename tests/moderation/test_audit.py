"""The audit log finds out whoever changes it, with the triggers out of the way."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from moderation.audit import audit_append, audit_verify, head_keep, head_read
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


def _delete(number: int) -> None:
    AuditEntry.objects.filter(pk=number).delete()


def _swap(number: int) -> None:
    """Exchange two entries, ids aside."""
    one, other = AuditEntry.objects.get(pk=number), AuditEntry.objects.get(pk=number + 1)
    one.pk, other.pk = other.pk, one.pk
    one.save()
    other.save()


def _cut(number: int) -> None:
    AuditEntry.objects.filter(pk__gte=number).delete()


def _rewrite(number: int) -> None:
    """Cut the log off and write another end, well chained."""
    _cut(number)
    for again in range(number, 8):
        audit_append(actor="mo", action="view", target=f"something else {again}")


@pytest.mark.parametrize("damage", [_alter, _delete, _swap, _cut, _rewrite])
@pytest.mark.parametrize("number", [1, 3, 4])
def test_damage_is_found(damage: Callable[[int], None], number: int) -> None:
    damage(number)
    assert audit_verify()
    with pytest.raises(CommandError, match="does not hold"):
        call_command("verify_audit")


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
