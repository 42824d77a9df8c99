"""Which language a page is in, the switch, and the words for what the scripts say (ADR 24)."""

from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog, set_language

from omegle.immutable import content_digest, keep_for_good


class LanguageMiddleware(LocaleMiddleware):
    """Speak the language that was chosen, else one that the browser asks for.

    Moderators read, decide and answer for each other: their desk is in one language.
    """

    def process_request(self, request: HttpRequest) -> None:
        if not request.path.startswith(reverse("admin:index")):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = settings.LANGUAGE_CODE


# Who has somebody else's browser post this changes what language they read, which one sees and
# changes back; a token would put a cookie on pages that need none.
language_choose = csrf_exempt(set_language)


@require_safe
def words(request: HttpRequest, language: str, digest: str) -> HttpResponse:
    """Give the scripts' words in a language, as a script. What it holds never changes: its digest
    is in its address.
    """
    if language not in dict(settings.LANGUAGES) or digest != _digest(language):
        raise Http404
    return keep_for_good(_catalog(language))


def words_url() -> str:
    """Give where the words of the language in use are; '' for the one that the scripts are in."""
    language = translation.get_language()
    if language == settings.LANGUAGE_CODE:
        return ""
    return reverse("words", args=(language, _digest(language)))


@cache
def _digest(language: str) -> str:
    return content_digest(_catalog(language).content)


def _catalog(language: str) -> HttpResponse:
    with translation.override(language):
        return JavaScriptCatalog(packages=["omegle"]).get(HttpRequest())
