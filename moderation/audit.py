"""Writing the audit log: one sealed entry for every change and every view of evidence.

Each entry's digest covers the one before, so that a changed, deleted or reordered row shows. It is
written in the transaction of what it tells about: either both are there or neither is.
"""

import hashlib
import json
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from moderation.models import AuditEntry

# One id for all that a single click of a moderator brought about.
click: ContextVar[str] = ContextVar("click", default="")

_LOCK = 7_203_101
_FIRST = "0" * 64


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
