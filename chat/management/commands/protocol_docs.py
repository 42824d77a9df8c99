"""Write `docs/protocol.md` from the frames, or check that it is up to date."""

import inspect
import typing
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat import protocol

_INTRO = """\
# The wire protocol

Version 1, as this server speaks it. Generated from `chat/protocol.py` by `manage.py protocol_docs`.

A browser opens `/ws/` with the `visitor` cookie that `POST /enter/` gave it, and an `Origin` that
is the host it asks; anything else is refused with 403 before the upgrade. Frames are JSON objects
in text frames of at most {bytes} bytes; `type` names the frame. The first frame is `hello`, within
5 seconds. Any client frame may carry `ref`; the direct answer repeats it.

A socket that closes without `bye` keeps its visitor's place for 30 seconds, 5 when it closed with
1000 or 1001. `hello` with `resume` takes it up again: `welcome`, then `waiting` or `matched`, then
every message after `seen`, then `presence` and `media`, then `ended` if it ended meanwhile. Signals
are passed on live: what was sent to a stranger who was away is lost, and the two negotiate anew.
"""


_WORDS: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "`null`",
}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the file is outdated")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "protocol.md"
        text = page()
        if not check:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            raise CommandError("docs/protocol.md is outdated: run manage.py protocol_docs")


def page() -> str:
    """Give the page."""
    return "\n".join(
        (
            _INTRO.format(bytes=protocol.FRAME_BYTES),
            "## Client to server\n",
            *_frames(protocol.CLIENT_FRAMES),
            "## Server to client\n",
            *_frames(protocol.SERVER_FRAMES),
            "## Errors\n",
            *_table(("code", "meaning"), ((f"`{c}`", m) for c, m in protocol.ERROR_CODES.items())),
            "## Close codes\n",
            *_table(
                ("code", "meaning", "what a client does"),
                ((str(code), *texts) for code, texts in protocol.CLOSE_CODES.items()),
            ),
        )
    )


def _frames(frames: Iterable[type[msgspec.Struct]]) -> Iterator[str]:
    for frame in frames:
        yield f"### `{frame.__struct_config__.tag}`\n"
        yield f"{inspect.cleandoc(frame.__doc__ or '')}\n"
        fields = [f for f in msgspec.structs.fields(frame) if f.name != "ref"]
        if fields:
            yield from _table(
                ("field", "type"),
                ((f"`{field.encode_name}`{_mark(field)}", _type(field.type)) for field in fields),
            )


def _mark(field: msgspec.structs.FieldInfo) -> str:
    return "" if field.required else " (optional)"


def _type(kind: Any) -> str:
    """Write a type as a reader of JSON thinks of it."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _type(args[0]) + _limits(args[1])
    if origin is typing.Literal:
        return " or ".join(f"`{_json(value)}`" for value in args)
    if origin in (list, tuple):
        inner = [arg for arg in args if arg is not ...]
        return "list of " + _type(inner[0])
    if origin is dict:
        return f"object of {_type(args[1])} by {_type(args[0])}"
    if args:
        return " or ".join(_type(arg) for arg in args if arg is not msgspec.UnsetType)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        inside = ", ".join(f"`{f.name}`: {_type(f.type)}" for f in msgspec.structs.fields(kind))
        return f"object ({inside})"
    return {
        str: "text",
        int: "integer",
        float: "number",
        bool: "boolean",
        type(None): "`null`",
    }.get(kind, "anything")


def _limits(meta: msgspec.Meta) -> str:
    if meta.pattern:
        return f" like `{meta.pattern.removesuffix(chr(92) + 'Z').removeprefix('^')}`"
    if meta.max_length:
        return f" (at most {meta.max_length})"
    return f" (from {meta.ge})" if meta.ge is not None else ""


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "| " + " | ".join("---" for _ in head) + " |"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""
