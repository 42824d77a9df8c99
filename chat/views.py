"""Pages and small answers over HTTP: the landing page, admission, how many are here, pictures."""

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from chat import store, visitors
from chat.assurance import CHECK_COOKIE, CHECK_SECONDS, check_begin, check_end
from chat.camera import sample_take
from chat.forms import EntryForm
from chat.video import camera_interval, video_state
from matching.policy import side_short
from matching.pool import waiting_counts, waits_expected
from matching.popular import popular_interests
from matching.tickets import Mode, Role
from moderation import guard
from moderation.frames.detector import SAMPLE_BYTES
from moderation.pictures import PICTURE_BYTES, BadPicture, picture_too_large
from moderation.policy import APPEAL_WINDOW, NOTICE_DUE, RULES
from moderation.policy.retention import RETENTION
from moderation.receipts import statement_url
from moderation.selectors.bans import Ban, address_sanctioned_at, visitor_bans
from moderation.selectors.ranges import KeptOut, networks_kept_out, range_ban_of
from moderation.services.stills import (
    NoStill,
    StillBusy,
    StillLate,
    StillThere,
    still_attach,
    stills_taken,
)
from moderation.statements import rule_told, span_told
from moderation.tags import address_tags, visitor_tag
from moderation.views import link_check
from omegle.brand import house_rules
from omegle.lib import proof
from omegle.lib.languages import say
from omegle.lib.network import caller_address, wide_network
from omegle.lib.redis import RedisError, SyncClient, sync_client
from omegle.lib.simulated import HEADER, is_simulated
from omegle.lib.throttle import addresses, is_over
from omegle.lib.tokens import BadToken
from omegle.lib.words import gettext_noop

logger = logging.getLogger(__name__)

# For how long what is popular stands.
POPULAR_SECONDS = 60

# What a camera's picture may be, and how it begins.
_SAMPLES = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}

# What `RETENTION` keeps, in the words of the privacy page.
_KEPT = {
    "evidence": gettext_noop("The last messages of a reported conversation"),
    "still": gettext_noop("A picture that a reporter of a video sent with their report"),
    "report": gettext_noop("A report, with its reason and note"),
    "case": gettext_noop("What moderators noted about the reports of one person"),
    "decision": gettext_noop("A warning or ban with its statement of reasons"),
    "appeal": gettext_noop("An appeal against such a decision, with the answer"),
    "request": gettext_noop(
        "What a moderator asked for, such as a permanent ban, and another one answered"
    ),
    "range_ban": gettext_noop("That a network was kept out, and why"),
    "notice": gettext_noop("A notice from outside, with who sent it as far as they said"),
    "mute": gettext_noop("That the reports of one person count least, after many that were wrong"),
    "exposure": gettext_noop(
        "How much of what weighs on them a moderator looked at, which only they see"
    ),
    "opt_out": gettext_noop(
        "What a moderator chose not to review, which holds nothing about visitors"
    ),
    "second_opinion": gettext_noop(
        "What a second moderator would have decided on a case, as a sample"
    ),
    "audit": gettext_noop("The record of what moderators did and looked at, without any message"),
    "switch": gettext_noop(
        "What the operator has switched off, which holds nothing about visitors"
    ),
    "filter": gettext_noop("The filter's word lists and rules, which hold nothing about visitors"),
}


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


@require_POST
@never_cache
def still(request: HttpRequest, reference: str, token: str) -> HttpResponse:
    """Take the picture that belongs to a report, as the body, from the browser that reported.

    A link that is not ours, a report that is not theirs, and one without a place for a picture are
    the 404 of every secret link.
    """
    link_check(reference, token)
    if is_over(request, settings.LIMIT_STILLS, group="still"):
        return _refused_with(
            429, "too_fast", gettext("Please wait before you send another picture.")
        )
    visitor = visitors.visitor_read(request.COOKIES)
    if visitor is None or not stills_taken():
        raise Http404
    if refusal := _still_headers_refused(request):
        return refusal
    try:
        still_attach(
            request.read(PICTURE_BYTES), reference=reference, reporter=visitor_tag(visitor.id)
        )
    except NoStill:
        raise Http404 from None
    except StillLate:
        return _refused_with(410, "too_late", gettext("The report was made too long ago."))
    except StillThere:
        return _refused_with(409, "already", gettext("There is a picture already."))
    except BadPicture as bad:
        return _refused_with(422, "bad_picture", say(bad.sentence))
    except (StillBusy, OperationalError, InterfaceError) as error:
        logger.error("A still was not kept: %s", type(error).__name__)
        return _refused_with(
            503, "unavailable", gettext("The picture was not kept. Please try again.")
        )
    return JsonResponse({"receipt": reference})


def _still_headers_refused(request: HttpRequest) -> HttpResponse | None:
    """Refuse what the headers tell, before the body is looked at; None when there is nothing."""
    length = request.headers.get("Content-Length", "")
    if not length.isdecimal():
        return _refused_with(411, "no_length", gettext("Say how long the picture is."))
    if int(length) > PICTURE_BYTES:
        return _refused_with(413, "too_large", say(picture_too_large()))
    if (request.content_type or "").partition("/")[0] != "image":
        return _refused_with(415, "bad_type", gettext("Send a picture."))
    return None


def _refused_with(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)


@require_safe
@never_cache
def status(request: HttpRequest) -> JsonResponse:
    """Tell how many are here and how many wait, for anybody."""
    redis = sync_client()
    waiting = waiting_counts(redis)
    return JsonResponse(
        {
            "online": store.online_count(redis),
            "waiting": {
                "text": waiting.get(("text", "chat"), 0),
                "video": waiting.get(("video", "chat"), 0),
                "ask": waiting.get(("text", "ask"), 0),
                "discuss": waiting.get(("text", "discuss"), 0),
            },
            "spy": _spy(redis, waiting),
            "waits": store.chat_waits_expected(redis),
        }
    )


@require_safe
def interests(request: HttpRequest) -> JsonResponse:
    """Tell what many of those whom a visitor may meet like at the moment."""
    visitor = visitors.visitor_read(request.COOKIES)
    names = _popular(visitor.group) if visitor and visitor.is_admitted else []
    response = JsonResponse({"popular": names})
    patch_cache_control(response, private=True, max_age=POPULAR_SECONDS)
    return response


@require_POST
@never_cache
def camera(request: HttpRequest) -> HttpResponse:
    """Take a small picture of the visitor's own camera, which a job looks at (ADR 12)."""
    if camera_interval() is None:
        return _refused_with(404, "unavailable", gettext("Cameras are not checked here."))
    visitor = visitors.visitor_read(request.COOKIES)
    if visitor is None or not visitor.is_admitted:
        return _refused_with(403, "not_admitted", gettext("Enter first."))
    if is_over(request, settings.LIMIT_CAMERA, group="camera", key=lambda *_: visitor.id):
        return _refused_with(429, "too_fast", gettext("That was more than a page sends."))
    begins = _SAMPLES.get(request.content_type or "")
    if int(request.headers.get("Content-Length") or 0) > SAMPLE_BYTES:
        return _refused_with(
            413, "too_large", gettext("Send at most %(size)s KiB.") % {"size": SAMPLE_BYTES >> 10}
        )
    # A form was read when its token was looked for.
    picture = request.read(SAMPLE_BYTES + 1) if begins else b""
    if begins is None or len(picture) > SAMPLE_BYTES or not begins.match(picture):
        return _refused_with(415, "bad_picture", gettext("Send a JPEG or WebP."))
    room = request.headers.get("X-Room", "")
    if sample_take(visitor=visitor.id, room=room, picture=picture) == "elsewhere":
        return _refused_with(409, "not_in_room", gettext("There is no call here."))
    return JsonResponse({}, status=202)


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    return render(request, "terms.html", {"appeal_days": APPEAL_WINDOW.days})


@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    return render(request, "safety.html", {"notice_due": span_told(NOTICE_DUE)})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say how it works, and what to do when it does not, as this copy is set up."""
    context = {
        "video": video_state(),
        "camera_interval": camera_interval(),
        "early_minutes": round(settings.EARLY_SECONDS / 60),
        "idle_minutes": round(settings.IDLE_SECONDS / 60),
    }
    return render(request, "help.html", context)


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    context = {
        "rules": [rule_told(rule) for rule in RULES],
        "house_rules": house_rules(),
        "lane_days": settings.LANE_SPAN.days,
    }
    return render(request, "rules.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept and for how long, by the table that the purge follows."""
    context = {
        "retention": [(gettext(_KEPT[what]), _span(span)) for what, span in RETENTION.items()],
        "stills": stills_taken(),
        "camera_interval": camera_interval(),
        "visitor_days": settings.VISITOR_COOKIE_AGE.days,
        "lane_days": settings.LANE_SPAN.days,
        "age_provider": _age_provider(),
    }
    return render(request, "privacy.html", context)


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
        "age_provider": _age_provider() if is_current and not owes and owes_age else "",
        "age_problem": age_problem,
        "entry_form": form,
        "challenge": proof.challenge_new() if owes else None,
        "online": _online(),
        "spy": _spy_or_none(),
        "video": video_state(),
        "camera_interval": camera_interval(),
        "stills": stills_taken(),
    }
    return render(request, "home.html", context, status=status)


def _age_provider() -> str:
    """Give the host of who vouches for ages here; '' where nobody does."""
    if settings.AGE_ASSURANCE != "provider":
        return ""
    return urlsplit(settings.AGE_PROVIDER_URL).hostname or ""


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


def _span(span: timedelta | None) -> str:
    return span_told(span) if span else gettext("As long as this service runs")


def _online() -> int | None:
    """Give how many are here; None while Redis is away, which must not take the page down."""
    try:
        return store.online_count(sync_client())
    except RedisError:
        return None


def _spy(
    redis: SyncClient, waiting: Mapping[tuple[Mode, Role], int]
) -> dict[str, int | str | None]:
    """Give how long those who ask and who discuss wait, and which side is short of people."""
    seconds = waits_expected(redis)
    return {
        "ask_seconds": seconds["ask"],
        "discuss_seconds": seconds["discuss"],
        "short": side_short(
            asking=waiting.get(("text", "ask"), 0), discussing=waiting.get(("text", "discuss"), 0)
        ),
    }


def _spy_or_none() -> dict[str, int | str | None] | None:
    """As `_online`."""
    redis = sync_client()
    try:
        return _spy(redis, waiting_counts(redis))
    except RedisError:
        return None


def _popular(group: str) -> list[str]:
    """Give what is popular in a group, as of at most `POPULAR_SECONDS` ago."""
    key = f"popular:{group}"
    names: list[str] | None = cache.get(key)
    if names is None:
        names = popular_interests(sync_client(), group)
        cache.set(key, names, POPULAR_SECONDS)
    return names


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
        "statement": ban.statement,
        "until": ban.until,
        "url": statement_url(ban.decision),
        "may_appeal": isinstance(ban, Ban),
        "rule_title": rule_told(ban.rule).title,
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
