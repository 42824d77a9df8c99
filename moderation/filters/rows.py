"""Rules as rows of a file, JSON lines or CSV: what one copy hands to another."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from moderation.filters.rules import LONGEST_RULE, Action, BadRule, Kind, rule_check
from moderation.policy import Reason

Format = Literal["jsonl", "csv"]

_BOM: Final = "\ufeff"
# PostgreSQL keeps no such character.
_STORABLE: Final = r"^[^\x00]*\Z"


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule; its text is as it is stored.

    Attributes:
        state: whether it acts where it comes from; '' says nothing of it.
    """

    kind: Kind
    text: Annotated[str, Meta(max_length=2 * LONGEST_RULE, pattern=_STORABLE)]
    severity: Annotated[int, Meta(ge=1, le=3)] = 2
    action: Action = "mask"
    reason: Reason = "other"
    language: Annotated[str, Meta(max_length=8, pattern=_STORABLE)] = ""
    enabled: bool = True
    state: Literal["", "observe", "act"] = ""
    note: Annotated[str, Meta(max_length=200, pattern=_STORABLE)] = ""


class Refused(Struct, frozen=True):
    """A line that is no rule; `why`: a sentence for whoever wrote it."""

    line: int
    why: str


def rows_read(text: str) -> Iterator[tuple[int, Row] | Refused]:
    """Give the rows of a file, each with its line; CSV begins with the names of its columns."""
    text = text.removeprefix(_BOM)
    if text.lstrip()[:1] in ("{", ""):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield _row(number, line)
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True)
    try:
        for fields in reader:
            yield _row(reader.line_num, fields)
    except csv.Error as error:
        yield Refused(reader.line_num, f"This is no CSV: {error}.")


def _row(number: int, found: str | dict[str, str]) -> tuple[int, Row] | Refused:
    try:
        if isinstance(found, str):
            row = msgspec.json.decode(found, type=Row)
        else:
            row = msgspec.convert({k: v for k, v in found.items() if v}, Row, strict=False)
        return number, msgspec.structs.replace(row, text=rule_check(row.kind, row.text))
    except (msgspec.DecodeError, UnicodeEncodeError, TypeError) as error:
        return Refused(number, f"{error}.")
    except BadRule as bad:
        return Refused(number, str(bad))


def rows_write(rows: Iterable[Row], format: Format) -> list[str]:
    """Give the lines of a file."""
    if format == "jsonl":
        return [msgspec.json.encode(row).decode() for row in rows]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, Row.__struct_fields__, lineterminator="\n")
    writer.writeheader()
    writer.writerows(msgspec.structs.asdict(row) for row in rows)
    return out.getvalue().splitlines()
