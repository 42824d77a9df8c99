"""Moderation's facts in one file, and back into an empty database, of either kind.

A ZIP: a manifest, each table as JSON lines, and SHA256SUMS. What is sealed stays sealed, and no key
is in it. Of staff there are names and roles, no password and no second factor.
"""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from moderation import models as kept
from moderation.audit import audit_append, audit_verify
from moderation.models import AuditEntry, FilterRule
from moderation.rights import rights_changing

# Each after what it hangs on: triggers look at what is there already.
_TABLES: Final[tuple[type[models.Model], ...]] = (
    *(kept.AuditEntry, kept.Switch, kept.FilterRule),
    *(kept.Case, kept.Report, kept.Mute, kept.Evidence, kept.Still, kept.Activity),
    *(kept.Decision, kept.Sanction, kept.Lifting, kept.SanctionEnd),
    *(kept.Appeal, kept.SecondOpinion, kept.Request, kept.Notice),
    *(kept.RangeBan, kept.RangeBanLifting, kept.Shift, kept.Exposure, kept.OptOut),
)
_STAFF: Final = ("id", "username", "is_staff", "is_active", "is_superuser", "date_joined")
_MANIFEST, _SUMS, _PEOPLE = "manifest.json", "SHA256SUMS", "staff.jsonl"
_FORMAT: Final = 1
_SEEN_EVERY: Final = 100

Row = dict[str, Any]


class BadBackup(Exception):
    """It is no backup, a damaged one, or cannot go in here; a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What is in one.

    Attributes:
        counts: rows by table.
        head: number and digest of the newest entry of the audit log, None when it is empty.
    """

    counts: dict[str, int]
    head: tuple[int, str] | None


# --- Out ------------------------------------------------------------------------------------------


def rows_count() -> dict[str, int]:
    """Give how many rows a backup would have now, by table."""
    counts = {_name(model): _all(model).count() for model in _TABLES}
    return {_PEOPLE: User.objects.count()} | counts


def backup_write(file: Path, *, actor: str, seen: Callable[[int], None]) -> Backup:
    """Write all as it is at one moment; nobody waits for it. `seen` is told how many rows are done.

    Raises:
        FileExistsError: nothing is overwritten.
        OSError: the file cannot be written; none is left then.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            audit_append(actor=actor, action="backup", target="records")
            with _one_moment(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                return _written(archive, seen)
    except BaseException:
        file.unlink()
        raise


def _written(archive: zipfile.ZipFile, seen: Callable[[int], None]) -> Backup:
    sums: dict[str, str] = {}
    counts: dict[str, int] = {}
    done = 0
    for name, rows in _everything():
        digest, count = hashlib.sha256(), 0
        with archive.open(name, "w", force_zip64=True) as out:
            for row in rows:
                line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
                digest.update(line)
                out.write(line)
                count, done = count + 1, done + 1
                if done % _SEEN_EVERY == 0:
                    seen(done)
        sums[name], counts[name] = digest.hexdigest(), count
    seen(done)
    last = AuditEntry.objects.order_by("-id").values_list("id", "digest").first()
    manifest = json.dumps(
        {"format": _FORMAT, "migrations": _migrations(), "counts": counts, "head": last}
    )
    archive.writestr(_MANIFEST, manifest)
    sums[_MANIFEST] = hashlib.sha256(manifest.encode()).hexdigest()
    archive.writestr(_SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
    return Backup(counts, last)


def _everything() -> Iterator[tuple[str, Iterator[Row]]]:
    yield _PEOPLE, _staff()
    for model in _TABLES:
        rows = _all(model).order_by("pk").iterator(chunk_size=500)
        yield _name(model), (_row(record) for record in rows)


def _staff() -> Iterator[Row]:
    for user in User.objects.order_by("pk").prefetch_related("groups"):
        roles = sorted(group.name for group in user.groups.all())
        yield {"roles": roles} | {
            name: _told(user, field) for name, field in _fields(User).items() if name in _STAFF
        }


def _row(record: models.Model) -> Row:
    return {name: _told(record, field) for name, field in _fields(type(record)).items()}


def _told(record: models.Model, field: "models.Field[Any, Any]") -> Any:
    """Give a value as JSON can hold it, without losing a microsecond."""
    value = field.value_from_object(record)
    return value if value is None else field.value_to_string(record)


@contextmanager
def _one_moment() -> Iterator[None]:
    """Let everything be read as it is now, whatever is written meanwhile; nobody waits for us."""
    if connection.vendor == "postgresql":
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    own: Any = connection
    before, own.transaction_mode = own.transaction_mode, "DEFERRED"
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        own.transaction_mode = before


# --- In -------------------------------------------------------------------------------------------


def backup_read(file: Path) -> Backup:
    """Give what is in a backup, every digest of which holds.

    Raises:
        BadBackup: it is none, it was changed, or another version made it.
        OSError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _checked(archive)
    except zipfile.BadZipFile:
        raise BadBackup(f"{file} is no ZIP, or a damaged one.") from None
    except (KeyError, ValueError, TypeError):
        raise BadBackup(f"{file} is no backup.") from None


def _checked(archive: zipfile.ZipFile) -> Backup:
    told = [line.split("  ", 1) for line in archive.read(_SUMS).decode().splitlines()]
    sums = {name: digest for digest, name in told}
    names = [_MANIFEST, _PEOPLE, *map(_name, _TABLES)]
    if sorted(archive.namelist()) != sorted([_SUMS, *names]) or sorted(sums) != sorted(names):
        raise BadBackup("It has other tables than this version.")
    for name in names:
        with archive.open(name) as part:
            digest = hashlib.file_digest(part, "sha256").hexdigest()  # type: ignore[arg-type]
        if digest != sums[name]:
            raise BadBackup(f"{name} is not what SHA256SUMS says.")
    manifest = json.loads(archive.read(_MANIFEST))
    if (manifest["format"], manifest["migrations"]) != (_FORMAT, _migrations()):
        raise BadBackup("Another version made it: restore it with that one, then upgrade.")
    head = manifest["head"]
    return Backup(dict(manifest["counts"]), (head[0], head[1]) if head else None)


def backup_restore(
    file: Path, *, actor: str, dry_run: bool = False, seen: Callable[[int], None]
) -> Backup:
    """Put all of a backup into this database, all or nothing; the audit log holds afterwards.

    Raises:
        BadBackup: see `backup_read`; or somebody or something is in the database already.
        OSError: it cannot be read.
    """
    backup = backup_read(file)
    with transaction.atomic():
        if User.objects.exists() or any(_is_used(model) for model in _TABLES):
            raise BadBackup("This database is not empty: restore into one fresh from migrate.")
        FilterRule.objects.all().delete()  # those of the lists: the backup has them as they were
        with zipfile.ZipFile(file) as archive:
            _take(archive, seen)
        _verify(backup)
        audit_append(actor=actor, action="restore", target="records", detail={"head": backup.head})
        transaction.set_rollback(dry_run)
    return backup


def _is_used(model: type[models.Model]) -> bool:
    rows = _all(model)
    if model is FilterRule:
        rows = rows.exclude(origin=FilterRule.Origin.LIST)
    return rows.exists()


def _take(archive: zipfile.ZipFile, seen: Callable[[int], None]) -> None:
    done = 0
    for row in _lines(archive, _PEOPLE):
        _person_take(row)
        done += 1
    for model in _TABLES:
        fields = _fields(model)
        for row in _lines(archive, _name(model)):
            try:
                values = {name: _read(fields[name], value) for name, value in row.items()}
            except (KeyError, ValidationError):
                raise BadBackup(f"{_name(model)} has a row that is none here.") from None
            # As it was: no time of its own making.
            model(**values).save_base(raw=True, force_insert=True)
            done += 1
            if done % _SEEN_EVERY == 0:
                seen(done)
    seen(done)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [User, *_TABLES]):
            cursor.execute(statement)


def _person_take(row: Row) -> None:
    roles = row.pop("roles")
    fields = _fields(User)
    user = User(**{name: _read(fields[name], value) for name, value in row.items()})
    user.set_unusable_password()
    with rights_changing():
        user.save_base(raw=True, force_insert=True)
        user.groups.set(Group.objects.filter(name__in=roles))


def _read(field: "models.Field[Any, Any]", value: Any) -> Any:
    return value if value is None else field.to_python(value)


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[Row]:
    with archive.open(name) as part, io.TextIOWrapper(part, encoding="utf-8", newline="\n") as text:
        for line in text:
            yield json.loads(line)


def _verify(backup: Backup) -> None:
    if rows_count() != backup.counts:
        raise BadBackup("It does not have as many rows as its manifest says.")
    last = AuditEntry.objects.order_by("-id").values_list("id", "digest").first()
    problems = audit_verify()
    if last != backup.head or problems:
        raise BadBackup(f"The audit log does not hold. {' '.join(problems[:1])}")


def _name(model: type[models.Model]) -> str:
    return f"{model.__name__.lower()}.jsonl"


def _all(model: type[models.Model]) -> "models.QuerySet[Any]":
    return model._default_manager.all()  # noqa: SLF001  (Django's word for whatever it is called)


def _fields(model: type[models.Model]) -> "dict[str, models.Field[Any, Any]]":
    return {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001


def _migrations() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(name for app, name in applied if app == "moderation")
