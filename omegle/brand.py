"""What an operator makes their own without touching code: accent, logo, house rules, contact.

All of it is read when a process starts (`omegle.env`). Files have an address that holds the digest
of their content, so that every process names the same and browsers keep them.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from omegle.immutable import content_digest, keep_for_good
from omegle.lib.accent import palette, style_sheet
from omegle.lib.house_rules import Block, blocks
from omegle.lib.logo import Logo

_FAVICON = Path(settings.BASE_DIR) / "static" / "img" / "favicon.svg"
# A drawing may style itself. Opened by itself it runs nothing and belongs to no site.
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    suffix: str
    media_type: str

    @property
    def url(self) -> str:
        return reverse("brand_file", args=(_digest(self.content), self.suffix))


@dataclass(frozen=True, slots=True)
class HouseRules:
    # '' when nobody said which it is.
    language: str
    blocks: list[Block]


@require_safe
def file(request: HttpRequest, digest: str, suffix: str) -> HttpResponse:
    """Give the style sheet or the picture with this digest."""
    for each in filter(None, (_sheet(), _logo(), _mark())):
        if (_digest(each.content), each.suffix) == (digest, suffix):
            response = HttpResponse(each.content, each.media_type)
            if each.media_type.startswith("image/"):
                response["Content-Security-Policy"] = _PICTURE_POLICY
            return keep_for_good(response)
    raise Http404


def brand() -> dict[str, object]:
    """Give what every page shows of it; nothing of what is not set."""
    logo = settings.SITE_LOGO
    contact = settings.SITE_CONTACT
    return {
        "sheet": _sheet(),
        "logo": _logo(),
        "icon": _logo() or _mark(),
        "touch_icon": _logo() if logo and logo.is_icon else None,
        "has_rules": bool(settings.SITE_RULES),
        "contact": contact,
        "contact_url": f"mailto:{contact}" if "@" in contact else contact,
    }


def shell_files() -> list[str]:
    """Give the addresses of what the page for offline shows of it."""
    return [each.url for each in (_sheet(), _logo()) if each]


def icon() -> dict[str, str] | None:
    """Give the logo as an icon of the manifest; None when it is none, and the usual ones stay."""
    logo, shown = settings.SITE_LOGO, _logo()
    if not logo or not shown or not logo.is_icon:
        return None
    return {
        "src": shown.url,
        "sizes": f"{logo.width}x{logo.height}",
        "type": logo.media_type,
        "purpose": "any",
    }


def house_rules() -> HouseRules | None:
    """Give the operator's rules as the reader has them; in their language if they are in it."""
    texts: dict[str, str] = settings.SITE_RULES
    language = translation.get_language() or ""
    found = next((code for code in (language, language.partition("-")[0]) if code in texts), "")
    return HouseRules(found, blocks(texts[found])) if texts else None


def _sheet() -> File | None:
    return _sheet_of(settings.SITE_ACCENT) if settings.SITE_ACCENT else None


def _logo() -> File | None:
    return _logo_of(settings.SITE_LOGO) if settings.SITE_LOGO else None


def _mark() -> File | None:
    return _mark_of(settings.SITE_ACCENT) if settings.SITE_ACCENT else None


@cache
def _sheet_of(accent: str) -> File:
    return File(style_sheet(accent).encode(), "css", "text/css; charset=utf-8")


@cache
def _logo_of(logo: Logo) -> File:
    return File(logo.content, logo.kind, logo.media_type)


@cache
def _mark_of(accent: str) -> File:
    """Give our own mark, for browsers' tabs, in the colours of the accent."""
    tokens = palette(accent)
    usual = {"#0f766e": "you", "#e2603f": "stranger-bright"}
    drawn = re.sub(
        "|".join(usual),
        lambda found: tokens.get(usual[found[0]], (found[0],))[0],
        _FAVICON.read_text("utf-8"),
    )
    return File(drawn.encode(), "svg", "image/svg+xml")


# Each page names them anew.
_digest = cache(content_digest)
