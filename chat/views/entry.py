"""The door: the landing page, admission, the way to the age provider and back."""

import logging
from dataclasses import replace

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from chat import visitors
from chat.assurance import CHECK_COOKIE, CHECK_SECONDS, check_begin, check_end, provider_host
from chat.forms import EntryForm
from chat.video import camera_interval, video_state
from chat.views.status import online_or_none, spy_or_none
from moderation import guard
from moderation.receipts import statement_url
from moderation.selectors.bans import Ban, address_sanctioned_at, visitor_bans
from moderation.selectors.ranges import KeptOut, networks_kept_out, range_ban_of
from moderation.services.stills import stills_taken
from moderation.statements import facts_told, rule_told
from moderation.tags import address_tags, visitor_tag
from omegle.lib import proof
from omegle.lib.network import caller_address, wide_network
from omegle.lib.redis import sync_client
from omegle.lib.simulated import HEADER, is_simulated
from omegle.lib.throttle import addresses, is_over
from omegle.lib.tokens import BadToken

logger = logging.getLogger(__name__)


@require_safe
@never_cache
@ensure_csrf_cookie
def home(request: HttpRequest) -> HttpResponse:
    """Show the landing page, or the refusal to a browser that was refused."""
    if visitors.is_refused(request.COOKIES):
        return _refusal(request)
    if ban := _ban_of(request):
        return _banned(request, ban)
    return _landing(request, EntryForm())


@require_POST
@never_cache
@sensitive_post_parameters("birth_date")
def enter(request: HttpRequest) -> HttpResponse:
    """Admit a browser: give it the visitor cookie, or refuse it for a day.

    Who shares an address with somebody who is banned, or from where many enter, does a proof of
    work first.
    """
    simulated = is_simulated(request.headers.get(HEADER, ""), door="entry")
    if not simulated and is_over(request, settings.LIMIT_ENTER, group="enter"):
        return render(request, "errors/429.html", status=429)
    if visitors.is_refused(request.COOKIES):
        return _refusal(request)
    if ban := _ban_of(request):
        return _banned(request, ban)
    form = EntryForm(request.POST)
    form.full_clean()
    birth_date = form.cleaned_data.get("birth_date")
    age = visitors.age_on(birth_date, timezone.now().date()) if birth_date else None
    band = visitors.band_of(age) if age is not None else None
    if age is not None and band is None:
        return _refusal(request, anew=True)
    if band is None or not form.is_valid():
        return _landing(request, form, status=400)
    known = visitors.visitor_read(request.COOKIES)
    proven = known.proven if known else 0
    often = not simulated and is_over(request, settings.LIMIT_PROOF, group="proof")
    if often or _is_proof_owed(request, proven):
        if not proof.is_proven(request):
            return _landing(request, form, status=428)
        proven = int(timezone.now().timestamp()) + 1
    visitor = visitors.visitor_new(band=band, id=known.id if known else None, proven=proven)
    if known and known.level == "provider" and known.has_current_age:
        # Only the terms were asked anew.
        visitor = replace(visitor, level=known.level, band=known.band, until=known.until)
    return _admission(visitor)


@require_safe
@never_cache
def age_check(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the age provider. A link leads here: what a form posts may not leave us."""
    visitor = _age_owing(request)
    if visitor is None:
        return HttpResponseRedirect(reverse("home"), status=303)
    if is_over(request, settings.LIMIT_ENTER, group="age"):
        return render(request, "errors/429.html", status=429)
    url, cookie = check_begin(visitor)
    response = HttpResponseRedirect(url, status=303)
    response.set_cookie(
        CHECK_COOKIE,
        cookie,
        max_age=CHECK_SECONDS,
        path=reverse("age_check"),
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_safe
@never_cache
@sensitive_variables("cookie", "token")
def age_return(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer from the browser that was sent there."""
    visitor = _age_owing(request)
    if visitor is None:
        return HttpResponseRedirect(reverse("home"), status=303)
    if is_over(request, settings.LIMIT_ENTER, group="age-return"):
        return render(request, "errors/429.html", status=429)
    token, cookie = request.GET.get("token", ""), request.COOKIES.get(CHECK_COOKIE, "")
    if not token:
        return _landing(request, EntryForm(), status=400, age_problem="unfinished")
    try:
        vouched = check_end(sync_client(), token, visitor=visitor, cookie=cookie)
    except BadToken as bad:
        logger.warning("An answer of the age provider was refused: %s", bad)
        return _landing(request, EntryForm(), status=400, age_problem="refused")
    if vouched.band is None:
        response = _refusal(request, anew=True)
    else:
        response = _admission(
            replace(visitor, level="provider", band=vouched.band, until=vouched.until)
        )
    response.delete_cookie(CHECK_COOKIE, path=reverse("age_check"), samesite="Lax")
    return response


def _age_owing(request: HttpRequest) -> visitors.Visitor | None:
    """Give the visitor of this browser whose age a provider has to vouch for, if there is one."""
    if settings.AGE_ASSURANCE != "provider":
        raise Http404
    visitor = visitors.visitor_read(request.COOKIES)
    owes = visitor is not None and visitor.has_current_terms and not visitor.has_current_age
    return visitor if owes else None


def _admission(visitor: visitors.Visitor) -> HttpResponse:
    response = HttpResponseRedirect(reverse("home"), status=303)
    response.set_cookie(
        visitors.VISITOR_COOKIE,
        visitors.visitor_write(visitor),
        max_age=settings.VISITOR_COOKIE_AGE,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _landing(
    request: HttpRequest, form: EntryForm, *, status: int = 200, age_problem: str = ""
) -> HttpResponse:
    visitor = visitors.visitor_read(request.COOKIES)
    owes = status == 428 or _is_proof_owed(request, visitor.proven if visitor else 0)
    is_current = visitor is not None and visitor.has_current_terms
    owes_age = visitor is not None and not visitor.has_current_age
    context = {
        "admitted": is_current and not owes and not owes_age,
        "terms_changed": visitor is not None and not visitor.has_current_terms,
        # Who has answered at the door goes on to the provider; elsewhere the door asks again.
        "age_provider": provider_host() if is_current and not owes and owes_age else "",
        "age_problem": age_problem,
        "entry_form": form,
        "challenge": proof.challenge_new() if owes else None,
        "online": online_or_none(),
        "spy": spy_or_none(),
        "video": video_state(),
        "camera_interval": camera_interval(),
        "stills": stills_taken(),
    }
    return render(request, "home.html", context, status=status)


def _refusal(request: HttpRequest, *, anew: bool = False) -> HttpResponse:
    response = render(request, "refused.html", status=403)
    if anew:
        response.delete_cookie(visitors.VISITOR_COOKIE, samesite="Lax")
        response.set_cookie(
            visitors.REFUSAL_COOKIE,
            visitors.refusal_write(),
            max_age=settings.REFUSAL_COOKIE_AGE,
            secure=settings.SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _ban_of(request: HttpRequest) -> Ban | KeptOut | None:
    """Give the ban of this browser, or of its network.

    Of the database, or while it is away of this process.
    """
    visitor = visitors.visitor_read(request.COOKIES)
    tag = visitor_tag(visitor.id) if visitor is not None else ""
    network = wide_network(caller_address(*addresses(request)))
    try:
        ban = visitor_bans([tag]).get(tag) if tag else None
        return ban or range_ban_of(network, networks_kept_out())
    except DatabaseError:
        return guard.current().ban_of(tag) or guard.current().range_ban_of(network)


def _banned(request: HttpRequest, ban: Ban | KeptOut) -> HttpResponse:
    context = {
        "is_network": isinstance(ban, KeptOut),
        "rule_title": rule_told(ban.rule).title,
        "facts": facts_told(ban.facts),
        "until": ban.until,
        "url": statement_url(ban.decision),
    }
    return render(request, "moderation/banned.html", context, status=403)


def _is_proof_owed(request: HttpRequest, proven: int) -> bool:
    """Whether somebody behind this address was kept out since `proven` (seconds since 1970).

    While the database is away this process's own copy is asked, and without one everybody owes it.
    """
    tags = address_tags(caller_address(*addresses(request)))
    try:
        at = address_sanctioned_at(tags)
    except DatabaseError:
        own = guard.current()
        return not own.is_fresh or own.sanctioned_at(tags) > proven
    return at is not None and at.timestamp() > proven
