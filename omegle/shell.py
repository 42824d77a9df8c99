"""What makes the site installable: manifest, service worker, and the page for offline.

The worker keeps files whose names hold a hash of their content, and the page for offline; never
what was made for one visitor. Its text names the version of the static files and the visitor's
language: with another one a browser takes the new worker, which drops what the old one kept.
"""

import json
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from omegle import brand

# What the page for offline needs, and the icon that it leaves to the system.
_FILES = ("css/tokens.css", "css/base.css", "js/theme.js", "img/favicon.svg")
_ICONS = (
    ("img/icon-192.png", "192x192", "any"),
    ("img/icon-512.png", "512x512", "any"),
    ("img/icon-maskable-512.png", "512x512", "maskable"),
)
_WORKER = Path(settings.BASE_DIR) / "static" / "js" / "shell" / "worker.js"
# As in tokens.css.
_GROUND = "#f7f5f0"


@require_safe
@cache_control(public=True, max_age=3600)
@vary_on_cookie
def manifest(request: HttpRequest) -> JsonResponse:
    """Tell a browser how to install the site."""
    own = brand.icon()
    usual = [
        {"src": static(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for path, sizes, purpose in _ICONS
    ]
    body = {
        "id": "/",
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "description": gettext("Talk to a stranger, one to one and without an account."),
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": _GROUND,
        "theme_color": _GROUND,
        "icons": [own] if own else usual,
    }
    return JsonResponse(body, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
@vary_on_cookie
def worker(request: HttpRequest) -> HttpResponse:
    """Give the service worker, with what it keeps; from the root, as that is its scope."""
    shell = {
        # Empty under DEBUG, where names hold no hash: nothing is kept then but what is named here.
        "version": getattr(staticfiles_storage, "manifest_hash", ""),
        # Of whoever asks: after a switch a browser takes the new worker, which keeps the page anew.
        "language": get_language(),
        "offline": reverse("offline"),
        "static": settings.STATIC_URL,
        "files": [static(path) for path in _FILES] + brand.shell_files(),
    }
    text = _WORKER.read_text("utf-8")
    return HttpResponse(f"self.shell = {json.dumps(shell)};\n{text}", "text/javascript")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show that there is no network; the same for everybody who reads a language, so that the
    worker may keep it.
    """
    return render(request, "offline.html")
