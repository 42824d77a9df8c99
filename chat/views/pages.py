"""Pages to read: help, safety, rules, privacy, terms."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from chat.assurance import provider_host
from chat.video import camera_interval, video_state
from moderation.policy import APPEAL_WINDOW, NOTICE_DUE, RULES
from moderation.policy.retention import RETENTION
from moderation.services.stills import stills_taken
from moderation.statements import rule_told, span_told
from omegle.brand import house_rules
from omegle.lib.words import gettext_noop

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
        "age_provider": provider_host(),
    }
    return render(request, "privacy.html", context)


def _span(span: timedelta | None) -> str:
    return span_told(span) if span else gettext("As long as this service runs")
