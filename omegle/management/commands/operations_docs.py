"""Write the tables of `docs/operations.md` from what they tell of, or check them."""

from argparse import SUPPRESS
from collections.abc import Iterable, Iterator

from django.core.management import get_commands, load_command_class
from django.core.management.base import CommandParser

from omegle.exposition import families
from omegle.lib.commands import EXITS, OperatorCommand, PageCommand

_APPS = ("omegle", "chat", "moderation")
_MARK = "<!-- {}: written by manage.py operations_docs -->\n"
_END = "<!-- end -->\n"


class Command(PageCommand):
    help = __doc__
    path = "docs/operations.md"

    def page(self, before: str) -> str:
        return page(before)


def page(before: str) -> str:
    """Give the page with every table as it has to be."""
    for name, rows in (("commands", _commands()), ("exits", _exits()), ("metrics", _metrics())):
        head, mark, rest = before.partition(_MARK.format(name))
        _, end, tail = rest.partition(_END)
        before = head + mark + "".join(f"{line}\n" for line in _table(rows)) + end + tail
    return before


def _commands() -> Iterator[tuple[str, ...]]:
    yield ("command", "what it does", "what it changes")
    for name, app in sorted(get_commands().items()):
        command = load_command_class(app, name) if app in _APPS else None
        if isinstance(command, OperatorCommand):
            shown = " ".join((name, *_words(command.create_parser("manage.py", name))))
            changes = command.changes or "Nothing."
            yield (f"`{shown}`", command.help, changes)


def _words(parser: CommandParser) -> Iterator[str]:
    """Give what a command takes; argparse's own usage differs between versions of Python."""
    taken = [each for each in parser._actions if each.help != SUPPRESS and each.dest != "help"]  # noqa: SLF001
    for action in sorted(taken, key=lambda each: bool(each.option_strings)):
        word = action.option_strings[0] if action.option_strings else action.dest.upper()
        required = action.required and action.nargs != "?"
        yield word if required else f"[{word}]"


def _exits() -> Iterator[tuple[str, ...]]:
    yield ("status", "meaning")
    for code, meaning in EXITS.items():
        yield (str(int(code)), meaning)


def _metrics() -> Iterator[tuple[str, ...]]:
    yield ("figure", "kind", "labels", "what it is")
    for name, kind, labels, text in families():
        yield (f"`{name}`", kind, ", ".join(f"`{label}`" for label in labels) or "–", text)


def _table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
        if number == 0:
            yield "| " + " | ".join("---" for _ in row) + " |"
