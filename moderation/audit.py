"""Writing the audit log: one sealed entry for every change and every view of evidence.

Each entry's digest covers the one before, so that a changed, deleted or reordered row shows. It is
written in the transaction of what it tells about: either both are there or neither is. A chain does
not see that its tail was cut off: its head is signed and kept outside the database, in RUN_DIR.
"""

import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.utils import timezone

from moderation.models import AuditEntry

logger = logging.getLogger(__name__)

# One id for all that a single click of a moderator brought about.
click: ContextVar[str] = ContextVar("click", default="")

_LOCK = 7_203_101
_FIRST = "0" * 64
_SEEN_EVERY = 1000


def audit_append(
    *, actor: str, action: str, target: str, detail: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Append an entry; `actor` and `target` are labels, frozen as they are now."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # Until the commit: the next entry must see this one. SQLite has one writer anyway.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditEntry.objects.order_by("-id").first()
        entry = AuditEntry(
            id=last.id + 1 if last else 1,
            at=timezone.now(),
            actor=actor,
            action=action,
            target=target,
            detail=dict(detail or {}),
            click=click.get(),
            previous=last.digest if last else _FIRST,
        )
        entry.digest = entry_digest(entry)
        entry.save(force_insert=True)
        # No partial: Django names what failed, and a partial has no name.
        transaction.on_commit(lambda: _head_follow(entry), robust=True)
    return entry


def entry_digest(entry: AuditEntry) -> str:
    """Give the digest an entry must have."""
    fields = [
        entry.id,
        entry.at.isoformat(),
        entry.actor,
        entry.action,
        entry.target,
        entry.detail,
        entry.click,
        entry.previous,
    ]
    sealed = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(sealed.encode()).hexdigest()


# --- The head -------------------------------------------------------------------------------------


class Head(NamedTuple):
    """The newest entry this copy knows of."""

    id: int
    digest: str


class BadHead(Exception):
    """The signed head is not ours; a sentence."""


def head_keep() -> None:
    """Let the head follow what other hosts have written; an older head must still hold.

    Raises:
        BadHead: it is forged.
    """
    last = AuditEntry.objects.order_by("-id").first()
    if last is not None:
        _head_follow(last)


def head_read() -> Head | None:
    """Give the head, None when there is none yet.

    Raises:
        BadHead: it was changed by somebody without the key.
    """
    try:
        signed = _head_path().read_text().strip()
    except FileNotFoundError:
        return None
    try:
        id, digest = _signer().unsign(signed).split(" ")
    except (signing.BadSignature, ValueError):
        raise BadHead("The signed head is forged.") from None
    return Head(int(id), digest)


def audit_verify(*, seen: Callable[[int], None] = lambda _done: None) -> list[str]:
    """Give what is wrong with the audit log, in sentences; an empty list when it holds.

    `seen` is told now and then how many entries were looked at.
    """
    problems = []
    expected, previous, number = 1, _FIRST, 0
    for number, entry in enumerate(AuditEntry.objects.order_by("id").iterator(), 1):
        if entry.id != expected:
            problems.append(f"Entry {expected} is missing.")
        elif entry.previous != previous:
            problems.append(f"Entry {entry.id} does not follow the one before it.")
        if entry.digest != entry_digest(entry):
            problems.append(f"Entry {entry.id} was changed.")
        expected, previous = entry.id + 1, entry.digest
        if number % _SEEN_EVERY == 0:
            seen(number)
    seen(number)
    return problems + head_verify()


def head_verify() -> list[str]:
    """Give what is wrong with the log's end alone; nothing when no head is kept here."""
    try:
        return _head_problems(head_read())
    except BadHead as error:
        return [str(error)]


def _head_problems(head: Head | None) -> list[str]:
    if head is None:
        return []
    found = AuditEntry.objects.filter(pk=head.id).values_list("digest", flat=True).first()
    if found is None:
        return [f"The log ends before entry {head.id}, which was there."]
    return [] if found == head.digest else [f"Entry {head.id} is another than it was."]


def _head_follow(entry: AuditEntry) -> None:
    """Note an entry as the head, unless a newer one is noted, or the one that is does not hold."""
    head = head_read()
    if problems := _head_problems(head):
        logger.error("The audit log does not hold: %s", problems[0])
        return
    if head is not None and head.id >= entry.id:
        return
    part = _head_path().with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    part.write_text(_signer().sign(f"{entry.id} {entry.digest}"))
    part.replace(_head_path())


def _head_path() -> Path:
    return Path(settings.RUN_DIR) / "audit-head"


def _signer() -> signing.Signer:
    return signing.Signer(salt="moderation.audit-head")
