"""What is done with the evidence of a case and its reporters, on the page of the case."""

import logging

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.views.decorators.http import require_GET, require_POST

from moderation.admin.forms import HoldForm, ReporterForm
from moderation.admin.pages import ClaimedPages
from moderation.cases import NotPossible
from moderation.models import Evidence
from moderation.sealing import BadSeal
from moderation.selectors.reporters import may_mute
from moderation.selectors.requests import may_ask
from moderation.services.cases import BadHold, evidence_hold, may_hold
from moderation.services.custody import hold_release_ask
from moderation.services.exports import export_ask
from moderation.services.reporters import (
    BadReason,
    reporter_mute_lift,
    reporter_mute_set,
    reports_set_aside,
)
from moderation.services.requests import BadRequest
from moderation.services.stills import still_view

logger = logging.getLogger(__name__)


class CaseEvidence(ClaimedPages):
    """The legal hold, the export, the stills and the reporters of a case."""

    def evidence_pages(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/hold/", require_POST(self.hold), "hold"),
            self.page("<int:pk>/export/", require_POST(self.export), "export"),
            self.page("<int:pk>/reporter/", require_POST(self.reporter), "reporter"),
            self.page("<int:pk>/still/<str:reference>/", require_GET(self.still), "still"),
        ]

    def hold(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set the legal hold of the evidence of one report, or ask for its end."""
        moderator, case = self.asked_for(request, pk)
        form = HoldForm(request.POST)
        if not form.is_valid():
            return self.show_one(request, moderator, case, problem="Say why.", status=400)
        asked = form.cleaned_data
        evidence = get_object_or_404(
            Evidence.objects.select_related("report"),
            report__reference=asked["report"],
            report__case=case,
        )
        try:
            if asked["hold"] == "on":
                evidence_hold(evidence, moderator=moderator, why=asked["why"])
                done = f"{evidence.report} is on legal hold."
            else:
                hold_release_ask(evidence, by=moderator, why=asked["why"])
                done = f"{evidence.report} stays on hold until another approves its release."
        except (BadHold, BadRequest) as bad:
            return self.show_one(request, moderator, case, problem=str(bad), status=400)
        except NotPossible as refused:
            status = 409 if may_hold(moderator) else 403
            return self.show_one(request, moderator, case, problem=str(refused), status=status)
        messages.success(request, done)
        return self.go("change", case.pk, query=f"?report={evidence.report}")

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a copy of the evidence of the case."""
        moderator, case = self.asked_for(request, pk)
        try:
            export_ask(case, by=moderator, why=request.POST.get("why", ""))
        except BadRequest as bad:
            return self.show_one(request, moderator, case, problem=str(bad), status=400)
        except NotPossible as refused:
            status = 409 if may_ask("export", moderator, case) else 403
            return self.show_one(request, moderator, case, problem=str(refused), status=status)
        messages.success(request, "Asked: when another approves it, you find the copy here.")
        return HttpResponseRedirect(reverse("admin:moderation_request_changelist"))

    def reporter(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mute the reporter of one report or lift that, or set aside what of theirs waits."""
        moderator, case = self.asked_for(request, pk)
        form = ReporterForm(request.POST)
        if not form.is_valid():
            return self.show_one(request, moderator, case, problem="Say why.", status=400)
        asked = form.cleaned_data
        report = get_object_or_404(case.reports, reference=asked["report"])
        report.case = case
        try:
            if asked["do"] == "mute":
                mute = reporter_mute_set(report, moderator=moderator, why=asked["why"])
                done = f"This reporter's reports count least until {mute.until:%d %B %Y}."
            elif asked["do"] == "unmute":
                reporter_mute_lift(report, moderator=moderator, why=asked["why"])
                done = "This reporter's reports count by their record again."
            else:
                count = reports_set_aside(report, moderator=moderator, why=asked["why"])
                done = f"Set aside: {count} report{'' if count == 1 else 's'}."
        except BadReason as bad:
            return self.show_one(request, moderator, case, problem=str(bad), status=400)
        except NotPossible as refused:
            status = 409 if may_mute(moderator) else 403
            return self.show_one(request, moderator, case, problem=str(refused), status=status)
        messages.success(request, done)
        return self.go("change", case.pk, query=f"?report={report}")

    def still(self, request: HttpRequest, pk: int, reference: str) -> HttpResponse:
        """Give the picture that was sent with a report, to whoever holds the case."""
        moderator, case = self.asked_for(request, pk)
        evidence = get_object_or_404(
            Evidence.objects.select_related("report", "still"),
            report__reference=reference,
            report__case=case,
            still__isnull=False,
        )
        try:
            jpeg = still_view(evidence, moderator=moderator)
        except NotPossible as refused:
            raise PermissionDenied(str(refused)) from None
        except BadSeal as bad:
            logger.error("The %s does not open: %s", evidence.still, bad)
            return HttpResponse(status=410)
        return HttpResponse(
            jpeg,
            content_type="image/jpeg",
            headers={
                "Content-Disposition": "inline",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cross-Origin-Resource-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
            },
        )
