"""The tokens that follow an operator's accent colour, readable whatever colour it is.

Lightness, chroma and hue are those of OKLCH (https://bottosson.github.io/posts/oklab/), contrast is
that of WCAG 2. The hue is kept; the lightness goes as far as it must. `tokens.css` says what each
token is for.
"""

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Final

# As in tokens.css: what the accent is read on, in the light theme and in the dark one.
SURFACES: Final = (
    {"ground": "#f7f5f0", "surface": "#ffffff", "surface-sunk": "#efece5"},
    {"ground": "#14171a", "surface": "#1c2024", "surface-sunk": "#2a3036"},
)
# Of text, whatever its size. What is read on a soft ground is further from it by itself.
_CONTRAST: Final = 4.5

# Coral means the stranger. To an accent that is near to it the stranger is teal instead.
_STRANGER_HUE: Final = 36.0
_NEAR_HUE: Final = 40.0
_NEAR_CHROMA: Final = 0.04
_TEAL_STRANGER: Final = {
    "stranger": ("#0b5f58", "#5cc7ba"),
    "stranger-bright": ("#0f766e", "#2b9d91"),
    "stranger-soft": ("#d9efec", "#17443f"),
}
_TEAL_STRANGER_INK: Final = ("#0b4f49", "#d3f3ee")

Colours = tuple[str, str]


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, from 1 to 21 (WCAG 2.2, “contrast ratio”)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@cache
def palette(accent: str) -> dict[str, Colours]:
    """Give the colours of tokens, by name, in the light theme and in the dark one."""
    lightness, chroma, hue = _oklch(accent)

    def shade(lightness: float, most: float = 1.0) -> str:
        return _hex(lightness, min(chroma, most), hue)

    deep = _nearest(lightness, -1, lambda at: _is_readable(shade(at), 0))
    bright = _nearest(lightness, 1, lambda at: _is_readable(shade(at), 1))
    # What is under the pointer is a step further, or back where there is no further.
    deeper = deep - 0.07 if deep >= 0.3 else deep + 0.1
    brighter = bright + 0.12 if bright <= 0.85 else bright - 0.12
    found = {
        "you": (shade(deep), shade(bright)),
        "you-strong": (shade(deeper), shade(brighter)),
        "you-soft": (shade(0.94, 0.028), shade(0.36, 0.05)),
        "you-ink": (shade(0.36, 0.07), shade(0.94, 0.035)),
        "on-you": ("#ffffff", shade(0.2, 0.03)),
    }
    return found | (_TEAL_STRANGER if _is_near_stranger(chroma, hue) else {})


def style_sheet(accent: str) -> str:
    """Give the style sheet that comes after `tokens.css`; who asks for more contrast has it."""
    tokens = palette(accent)
    more = {"you": "var(--you-ink)", "you-strong": "var(--you-ink)", "on-you": "var(--surface)"}
    if "stranger" in tokens:
        more["stranger"] = _both(_TEAL_STRANGER_INK)
    usual = {name: _both(colours) for name, colours in tokens.items()}
    return f"{_rule(usual)}@media (prefers-contrast: more) {{\n{_rule(more)}}}\n"


def _both(colours: Colours) -> str:
    return f"light-dark({', '.join(colours)})"


def _rule(tokens: dict[str, str]) -> str:
    lines = "".join(f"  --{name}: {value};\n" for name, value in tokens.items())
    return f":root {{\n{lines}}}\n"


def _is_readable(colour: str, theme: int) -> bool:
    return all(contrast(colour, surface) >= _CONTRAST for surface in SURFACES[theme].values())


def _is_near_stranger(chroma: float, hue: float) -> bool:
    apart = abs((hue - _STRANGER_HUE + 180) % 360 - 180)
    return chroma >= _NEAR_CHROMA and apart <= _NEAR_HUE


def _nearest(lightness: float, step: int, fits: Callable[[float], bool]) -> float:
    """Give the first lightness that fits, in steps of a hundredth; black or white at the end."""
    while 0 < lightness < 1 and not fits(lightness):
        lightness += step / 100
    return min(1.0, max(0.0, lightness)) if fits(lightness) else max(0.0, float(step))


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> tuple[float, ...]:
    parts = (int(part, 16) / 255 for part in re.findall("[0-9a-f]{2}", colour.lower()))
    return tuple(
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )


def _oklch(colour: str) -> tuple[float, float, float]:
    red, green, blue = _linear(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """Give the colour, with less chroma where screens have no more at this lightness."""
    low, high = 0.0, chroma
    if not _is_shown(_rgb(lightness, chroma, hue)):
        for _ in range(16):
            middle = (low + high) / 2
            low, high = (middle, high) if _is_shown(_rgb(lightness, middle, hue)) else (low, middle)
        chroma = low
    return "#" + "".join(f"{_encoded(part):02x}" for part in _rgb(lightness, chroma, hue))


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Give linear red, green and blue, which may be outside of 0 to 1."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _is_shown(parts: tuple[float, ...]) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in parts)


def _encoded(part: float) -> int:
    part = min(1.0, max(0.0, part))
    return round(255 * (part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055))
