"""Where reports wait on disk while the database is away: one file each, written for sure.

In RUN_DIR, readable by the service alone and sealed. Its users are `services.reports`; files leave
as soon as the database has their report.
"""

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from django.conf import settings

from moderation.drafts import ReportDraft
from moderation.sealing import BadSeal, Fate, reseal, seal, unseal

logger = logging.getLogger(__name__)


def _directory() -> Path:
    return Path(settings.RUN_DIR) / "spool"


def spool_write(draft: ReportDraft) -> None:
    """Write a draft; when this returns it survives a power cut.

    Raises:
        OSError: the disk does not take it.
    """
    _write(draft.reference, seal(msgspec.json.encode(draft), "draft", reference=draft.reference))


def _write(reference: str, data: bytes) -> None:
    directory = _directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = directory / f".{reference}.part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(directory / f"{reference}.sealed")
    entry = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def spool_read() -> Iterator[tuple[Path, ReportDraft]]:
    """Give what waits. A file that cannot be read is left for the operator."""
    for path in _paths():
        try:
            data = unseal(path.read_bytes(), "draft", reference=path.stem)
            yield path, msgspec.json.decode(data, type=ReportDraft)
        except FileNotFoundError:
            continue  # another process has brought it in
        except (BadSeal, msgspec.DecodeError, OSError) as error:
            logger.error("A spooled report cannot be read: %s", type(error).__name__)


def spool_reseal(*, dry_run: bool = False) -> list[Fate]:
    """Seal what waits with the newest key; give what became of each.

    A draft that is brought in at this moment is back on disk for once more: it is known by then.
    """
    fates: list[Fate] = []
    for path in _paths():
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            continue
        fate, renewed = reseal(sealed)
        if fate == "resealed" and not dry_run:
            _write(path.stem, renewed)
        fates.append(fate)
    return fates


def _paths() -> list[Path]:
    """Give the files of what waits, each named after its report."""
    return sorted(_directory().glob("*.sealed"))


def spool_remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def spool_parts_remove(*, before: datetime, dry_run: bool = False) -> int:
    """Remove drafts whose writer died over them before then; give how many.

    Nobody got a receipt for such a one.
    """
    old = [
        path
        for path in _directory().glob(".*.part")
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    ]
    if not dry_run:
        for path in old:
            spool_remove(path)
    return len(old)
