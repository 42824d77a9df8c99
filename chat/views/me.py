"""The page of what is stored about a visitor, “forget me”, and undoing blocks."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chat import own_data, visitors
from chat.assurance import CHECK_COOKIE
from moderation.policy import RULES
from moderation.receipts import statement_path
from moderation.selectors.bans import Stated
from moderation.statements import measure_label
from omegle.lib.throttle import is_over


@require_safe
@never_cache
def me(request: HttpRequest) -> HttpResponse:
    """Say what is stored about this browser's visitor; no address, no text, no other's id."""
    visitor = visitors.visitor_read(request.COOKIES)
    context: dict[str, object] = {
        "visitor": visitor,
        "is_refused": visitors.is_refused(request.COOKIES),
        "has_language": settings.LANGUAGE_COOKIE_NAME in request.COOKIES,
    }
    if visitor is not None:
        found = own_data.visitor_stored(visitor.id)
        context |= {
            "cookie_until": visitors.cookie_until(request.COOKIES),
            "age_until": datetime.fromtimestamp(visitor.until, UTC) if visitor.until else None,
            "visit": found.visit,
            "blocks_until": timezone.now() + timedelta(seconds=found.visit.blocks_seconds),
            "statements": [_shown(each) for each in found.statements],
            "bound": found.bound,
        }
    return render(request, "me.html", context)


@require_POST
@never_cache
def forget(request: HttpRequest) -> HttpResponse:
    """Forget this browser's visitor; its cookies go once Redis has confirmed. Twice is harmless.

    Who is banned keeps the visitor cookie, and who is under age that refusal for its day.
    """
    if is_over(request, settings.LIMIT_FORGET, group="forget"):
        return render(request, "errors/429.html", status=429)
    visitor = visitors.visitor_read(request.COOKIES)
    bound = own_data.visitor_forget(visitor.id) if visitor is not None else None
    is_refused = visitors.is_refused(request.COOKIES)
    response = render(request, "me_forgotten.html", {"bound": bound, "is_refused": is_refused})
    if bound is None:
        response.delete_cookie(visitors.VISITOR_COOKIE, samesite="Lax")
    response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    response.delete_cookie(CHECK_COOKIE, path=reverse("age_check"), samesite="Lax")
    # The forms that a moderator has open in the same browser need it.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        response.delete_cookie(settings.CSRF_COOKIE_NAME, samesite="Lax")
    return response


@require_POST
@never_cache
def unblock(request: HttpRequest) -> HttpResponse:
    """Undo every block of this browser's visitor."""
    if is_over(request, settings.LIMIT_FORGET, group="unblock"):
        return render(request, "errors/429.html", status=429)
    visitor = visitors.visitor_read(request.COOKIES)
    if visitor is not None:
        own_data.visitor_unblock(visitor.id)
    return HttpResponseRedirect(f"{reverse('me')}#blocks", status=303)


def _shown(stated: Stated) -> dict[str, object]:
    return {
        "url": statement_path(stated.decision),
        "reference": stated.decision,
        "label": gettext(measure_label(stated.measure)),
        "rule": gettext(RULES[stated.rule].title),
        "starts_at": stated.starts_at,
        "until": stated.until,
        "is_in_force": stated.is_in_force,
        "taken_back": stated.taken_back,
    }
