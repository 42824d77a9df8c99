"""Draw the icons of the installed site from the mark, into `static/img`, to be committed."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand
from PIL import Image, ImageDraw

# As in favicon.svg: two bubbles of radius 10 on a ground of 32, each with its tail.
_BUBBLES: Final = (
    ("#0f766e", 255, (12, 13), ((9, 22), (20, 25), (19, 18))),
    ("#e2603f", 224, (20, 18), ((23, 27), (12, 30), (13, 23))),
)
_SIDE: Final = 32
_GROUND: Final = "#f7f5f0"
# Drawn larger and made small, for smooth edges.
_FINE: Final = 8
# A round mask takes away what is outside of four fifths.
_ICONS: Final = (
    ("icon-192.png", 192, 1.0, None),
    ("icon-512.png", 512, 1.0, None),
    ("icon-maskable-512.png", 512, 0.62, _GROUND),
    ("apple-touch-icon.png", 180, 0.8, _GROUND),
)


class Command(BaseCommand):
    help = "Draw the icons of the installed site from the mark."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, side, share, ground in _ICONS:
            path = Path(settings.BASE_DIR) / "static" / "img" / name
            icon_draw(side, share, ground).save(path, optimize=True)


def icon_draw(side: int, share: float, ground: str | None) -> Image.Image:
    """Give the mark in a square of `side` pixels, of which it takes this share."""
    size = side * _FINE
    icon = Image.new("RGBA", (size, size), ground or (0, 0, 0, 0))
    scale = size * share / _SIDE
    # The mark reaches from 2 to 30 across and from 3 to 30 down.
    left, top = size / 2 - 16 * scale, size / 2 - 16.5 * scale
    for colour, alpha, (x, y), tail in _BUBBLES:
        layer = Image.new("RGBA", (size, size), (0, 0, 0, 0))
        draw = ImageDraw.Draw(layer)
        box = [left + (x - 10) * scale, top + (y - 10) * scale]
        draw.ellipse([*box, box[0] + 20 * scale, box[1] + 20 * scale], colour)
        draw.polygon([(left + px * scale, top + py * scale) for px, py in tail], colour)
        layer.putalpha(layer.getchannel("A").point(lambda value, most=alpha: min(value, most)))
        icon.alpha_composite(layer)
    return icon.resize((side, side), Image.Resampling.LANCZOS)
