"""What is kept, to be looked up: reports, decisions, sanctions, the audit log. Nothing is edited.

Each shows what is of the lanes its reader may review. A decision's page lifts its sanctions.
"""

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from moderation.admin.evidence import note_words
from moderation.admin.shown import tag_short
from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import AuditEntry, Case, Decision, Report, Sanction
from moderation.policy import Measure
from moderation.selectors.appeals import may_answer_appeals
from moderation.selectors.desk import permitted_lanes, permitted_measures
from moderation.services.decisions import BadDecision, decision_lift
from moderation.statements import measure_scope


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it has none at run time
    """Looked at by whoever may view it, changed by nobody; `lane_path` leads to the lane."""

    lane_path = ""
    list_per_page = 50
    show_full_result_count = False
    actions = None
    actions_on_bottom = True  # else the list's page has a style of its own in it

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the filters of the list: other lookups would spell out what is shown in part."""
        field = lookup.partition("__")[0]
        return field in self.list_filter

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        records = super().get_queryset(request)
        if not self.lane_path:
            return records
        return records.filter(**{f"{self.lane_path}__in": permitted_lanes(request.user)})


def _case_link(case: Case | None) -> SafeString | str:
    if case is None:
        return "not filed yet"
    url = reverse("admin:moderation_case_change", args=[case.pk])
    return format_html('<a href="{}">{}</a>', url, case)


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    lane_path = "case__lane"
    list_display = ("reference", "reason", "source", "outcome", "created_at", "the_case")
    list_filter = ("reason", "about", "source", "outcome", "created_at")
    list_select_related = ("case",)
    search_fields = ("reference",)
    search_help_text = "A reference"
    fields = (
        *("reference", "the_case", "reason", "the_note", "source", "about", "outcome", "weight"),
        *("the_reporter", "the_subject", "created_at", "filed_at", "resolved_at"),
    )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        report = self.get_object(request, object_id)
        if isinstance(report, Report):
            # A note is evidence too.
            name = request.user.get_username()
            audit_append(actor=name, action="view", target=f"report {report}")
        return super().change_view(request, object_id, form_url, extra_context)

    @admin.display(description="case")
    def the_case(self, report: Report) -> SafeString | str:
        return _case_link(report.case)

    @admin.display(description="note")
    def the_note(self, report: Report) -> str:
        return note_words(report)

    @admin.display(description="reporter")
    def the_reporter(self, report: Report) -> str:
        return tag_short(report.reporter) or report.get_source_display()

    @admin.display(description="subject")
    def the_subject(self, report: Report) -> str:
        return tag_short(report.subject)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    lane_path = "case__lane"
    change_form_template = "admin/moderation/decision/change_form.html"
    list_display = ("reference", "measure", "rule", "source", "author", "created_at", "the_case")
    list_filter = ("measure", "rule", "source", "automated_decision", "created_at")
    list_select_related = ("case", "by")
    search_fields = ("reference",)
    search_help_text = "A reference"
    fields = (
        *("reference", "the_case", "measure", "rule", "facts", "why", "scope", "source"),
        *("automated_detection", "automated_decision", "author", "created_at", "the_appeal"),
        "the_evidence",
    )

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        hidden = () if may_answer_appeals(request.user) else ("the_appeal",)
        return [field for field in self.fields if field not in hidden]

    @admin.display(description="case")
    def the_case(self, decision: Decision) -> SafeString | str:
        return _case_link(decision.case)

    @admin.display(description="decided by")
    def author(self, decision: Decision) -> str:
        return decision.by.get_username() if decision.by else "automatic"

    @admin.display(description="appeal")
    def the_appeal(self, decision: Decision) -> SafeString | str:
        appeal = getattr(decision, "appeal", None)
        if appeal is None:
            return "none"
        url = reverse("admin:moderation_appeal_change", args=[appeal.pk])
        return format_html('<a href="{}">{}</a>', url, appeal.get_outcome_display())

    @admin.display(description="what it covers")
    def scope(self, decision: Decision) -> str:
        if decision.measure == "dismiss":
            return "Nothing: the reports were dismissed."
        days = settings.LANE_SPAN.days
        return measure_scope(cast("Measure", decision.measure), lane_days=days)

    @admin.display(description="evidence (SHA-256)")
    def the_evidence(self, decision: Decision) -> str:
        return "\n".join(decision.evidence) or "none"

    def get_urls(self) -> list[URLPattern]:
        lift = self.admin_site.admin_view(require_POST(self.lift))
        return [path("<int:pk>/lift/", lift, name="moderation_decision_lift"), *super().get_urls()]

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        decision = cast("Decision", get_object_or_404(self.get_queryset(request), pk=pk))
        page = HttpResponseRedirect(reverse("admin:moderation_decision_change", args=[pk]))
        try:
            decision_lift(
                decision, moderator=cast("User", request.user), why=request.POST.get("why", "")
            )
        except BadDecision as bad:
            messages.error(request, str(bad))
        except NotPossible as refused:
            may = decision.measure in permitted_measures(request.user)
            return self._refused(request, pk, str(refused), status=409 if may else 403)
        else:
            messages.success(request, f"{decision} is lifted.")
        return page

    def _refused(self, request: HttpRequest, pk: int, why: str, *, status: int) -> HttpResponse:
        request.method = "GET"
        response: HttpResponse = self.change_view(request, str(pk), extra_context={"problem": why})
        response.status_code = status
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        decision = self.get_object(request, object_id)
        sanctions = (
            list(decision.sanctions.select_related("end", "end__by").order_by("target", "pk"))
            if isinstance(decision, Decision)
            else []
        )
        context = {
            "sanctions": sanctions,
            "may_lift": isinstance(decision, Decision)
            and decision.measure != "dismiss"
            and decision.measure in permitted_measures(request.user)
            and not hasattr(decision, "lifting"),
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


@admin.register(Sanction)
class SanctionAdmin(ReadOnlyAdmin):
    lane_path = "decision__case__lane"
    list_display = ("the_decision", "measure", "target", "automated", "starts_at", "until", "ended")
    list_display_links = ("measure",)
    list_filter = ("measure", "target", "automated", "starts_at")
    list_select_related = ("decision", "end")
    search_fields = ("decision__reference",)
    search_help_text = "A decision's reference"
    ordering = ("-id",)
    fields = (
        *("the_decision", "measure", "target", "the_tag", "automated"),
        *("starts_at", "until", "ended"),
    )

    @admin.display(description="decision")
    def the_decision(self, sanction: Sanction) -> SafeString:
        url = reverse("admin:moderation_decision_change", args=[sanction.decision_id])
        return format_html('<a href="{}">{}</a>', url, sanction.decision)

    @admin.display(description="tag")
    def the_tag(self, sanction: Sanction) -> str:
        return tag_short(sanction.tag)

    @admin.display(description="ended")
    def ended(self, sanction: Sanction) -> str:
        end = getattr(sanction, "end", None)
        return f"{end.reason}, {end.at:%d %b %Y %H:%M}" if end else "no"


@admin.register(AuditEntry)
class AuditAdmin(ReadOnlyAdmin):
    list_display = ("id", "at", "actor", "action", "target", "click_short")
    list_filter = ("action", "at")
    search_fields = ("actor", "target", "click")
    search_help_text = "A name, a target or a click's id"
    ordering = ("-id",)
    fields = ("id", "at", "actor", "action", "target", "detail", "click", "previous", "digest")

    @admin.display(description="click")
    def click_short(self, entry: AuditEntry) -> str:
        return entry.click[:8]
