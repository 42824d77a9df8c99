"""The operator's logo: one small picture, looked at when the process starts."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.parsers.expat import ExpatError, ParserCreate

LOGO_BYTES: Final = 64 * 1024
# A picture of this many pixels a side at least is the icon of the installed site, too.
ICON_SIDE: Final = 512
_MOST_SIDE: Final = 4096
_SVG: Final = "http://www.w3.org/2000/svg svg"


class BadLogo(Exception):
    """It cannot be shown; what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Logo:
    content: bytes = field(repr=False)
    # svg, png or webp.
    kind: str
    # In pixels; 0 for drawings.
    width: int = 0
    height: int = 0

    @property
    def media_type(self) -> str:
        return "image/svg+xml" if self.kind == "svg" else f"image/{self.kind}"

    @property
    def is_icon(self) -> bool:
        """Whether systems that know PNG alone can have it as an icon."""
        return self.kind == "png" and self.width == self.height >= ICON_SIDE


def logo_read(path: Path) -> Logo:
    """Read a logo; raises BadLogo, or OSError when there is no such file."""
    with path.open("rb") as file:
        content = file.read(LOGO_BYTES + 1)
    if len(content) > LOGO_BYTES:
        raise BadLogo(f"is larger than {LOGO_BYTES >> 10} KiB")
    if _is_svg(content):
        return Logo(content, "svg")
    return _picture(content)


def _is_svg(content: bytes) -> bool:
    """Whether it is a drawing that browsers show as a picture: whole, and without entities."""
    elements: list[str] = []
    entities: list[object] = []
    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _: elements.append(name)
    parser.EntityDeclHandler = lambda *told: entities.append(told)
    try:
        parser.Parse(content, True)
    # Of an encoding that nobody knows, or that has more than one byte for a letter.
    except (ExpatError, LookupError, ValueError):
        return False
    return elements[0] == _SVG and not entities


def _picture(content: bytes) -> Logo:
    # Loading it takes longer than all else here, and most copies have no logo.
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=("PNG", "WEBP")) as image:
            kind, width, height = (image.format or "").lower(), image.width, image.height
            if max(width, height) > _MOST_SIDE:
                raise BadLogo(f"has more than {_MOST_SIDE} pixels a side")
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise BadLogo("is no whole SVG, PNG or WebP") from None
    return Logo(content, kind, width, height)
