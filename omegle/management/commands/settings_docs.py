"""Write the defaults into the tables of `docs/configuration.md`, or check them.

What a setting means is said there and nowhere else; its default is what `settings.py` asks for.
"""

import ast
import re

from django.conf import settings

from omegle.lib.commands import PageCommand

# A row: the name, its default with what there is to add after a semicolon, the meaning.
_ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|;]*)(.*)$", re.MULTILINE)


class Command(PageCommand):
    help = __doc__
    path = "docs/configuration.md"

    def page(self, before: str) -> str:
        return page(before)


def page(before: str) -> str:
    """Give the page with every default as it has to be."""
    known = defaults()

    def row(found: re.Match[str]) -> str:
        name, shown, rest = found.groups()
        if name in known:
            shown = f"`{known[name]}`" + ("" if rest.startswith(";") else " ")
        return f"| `{name}` | {shown}{rest}"

    return _ROW.sub(row, before)


def defaults() -> dict[str, str]:
    """Give the defaults by name, as one would write them; of those alone that are constants."""
    source = (settings.BASE_DIR / "omegle" / "settings.py").read_text(encoding="utf-8")
    found = {}
    for call in ast.walk(ast.parse(source)):
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env"), attr=reader),
                args=[ast.Constant(value=str(name)), *rest],
            ):
                match reader, rest:
                    case "flag", []:
                        found[name] = "0"
                    case _, [ast.Constant(value=value), *_]:
                        found[name] = str(int(value) if isinstance(value, bool) else value)
    return found
