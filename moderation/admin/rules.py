"""The filter's rules: edited, tried on a text before they are saved, watched before they act."""

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from moderation.admin.shown import span_words
from moderation.filters.book import RuleBook
from moderation.filters.rules import BadRule, rule_check
from moderation.guard import rule_compiled
from moderation.models import FilterRule
from moderation.policy import RULE_OBSERVED_FOR
from moderation.services.rules import rule_delete, rule_may_act, rule_save, rules_switch

_SAMPLE_MOST: Final = 2000
# In an address, where it has to be some word.
_ANY: Final = "any"
_DONE: Final = {
    "allow": "Let through",
    "mask": "Masked",
    "warn": "Let through, and its sender is warned",
    "hold": "Held back",
    "report": "Let through, and a case is opened",
}


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # it has none at run time
    """A rule that the filter can read, and that acts only once it has observed."""

    class Meta:
        model = FilterRule
        fields = (
            *("kind", "text", "language", "action", "severity", "reason"),
            *("enabled", "state", "note"),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind", self.instance.kind)
        if "text" in cleaned:
            try:
                cleaned["text"] = rule_check(kind, cleaned["text"])
            except BadRule as bad:
                self.add_error("text", str(bad))
        return cleaned

    def clean_state(self) -> str:
        state: str = self.cleaned_data["state"]
        is_same = not {"kind", "text"} & set(self.changed_data)
        if (
            is_same
            and state == FilterRule.State.ACT
            and self.initial.get("state") != state
            and not rule_may_act(self.instance)
        ):
            ready = self.instance.observed_since + RULE_OBSERVED_FOR
            raise forms.ValidationError(
                f"It may act from {ready:%H:%M} UTC on: until then it observes."
            )
        return state


class LanguageFilter(admin.SimpleListFilter):
    """By language; the admin's own filter shows that of any language as a link without words."""

    title = parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = FilterRule.objects.order_by("language").values_list("language", flat=True)
        return [(each or _ANY, each or "any") for each in found.distinct()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[FilterRule]
    ) -> QuerySet[FilterRule]:
        chosen = self.value()
        if chosen is None:
            return queryset
        return queryset.filter(language="" if chosen == _ANY else chosen)


@admin.register(FilterRule)
class RuleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = RuleForm
    change_form_template = "admin/moderation/filterrule/change_form.html"
    list_display = (
        *("text", "kind", "the_severity", "action", "language", "the_state", "enabled"),
        *("hits", "origin"),
    )
    list_filter = ("state", "enabled", "kind", "action", "severity", "origin", LanguageFilter)
    search_fields = ("text", "note")
    list_per_page = 50
    ordering = ("-hits", "text")
    actions = ("switch_off", "switch_on")

    def get_fieldsets(self, request: HttpRequest, obj: FilterRule | None = None) -> Any:
        sought = ("kind", "text", "language")
        follows = ("action", "severity", "reason")
        standing = ("enabled", "state", "observing", "note") if obj else ("enabled", "note")
        return (
            ("What is looked for", {"fields": sought}),
            ("What follows", {"fields": follows}),
            ("Whether it acts", {"fields": standing}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: FilterRule | None = None) -> Any:
        if obj is not None and obj.origin == FilterRule.Origin.LIST:
            return ("kind", "text", "language", "severity", "observing")
        return ("observing",)

    @admin.display(description="severity", ordering="severity")
    def the_severity(self, rule: FilterRule) -> str:
        return rule.get_severity_display()

    @admin.display(description="state", ordering="state")
    def the_state(self, rule: FilterRule) -> str:
        if rule.state == FilterRule.State.ACT:
            return "acts"
        return f"observes, {span_words(timezone.now() - rule.observed_since)}"

    @admin.display(description="so far")
    def observing(self, rule: FilterRule) -> str:
        since = span_words(timezone.now() - rule.observed_since)
        may = "may act" if rule_may_act(rule) else "may not act yet"
        hits = f"{rule.hits} hit{'' if rule.hits == 1 else 's'}"
        return f"{hits}; observed since {rule.observed_since:%d %b %Y, %H:%M} UTC ({since}): {may}"

    # --- Changing ---------------------------------------------------------------------------------

    def save_model(
        self,
        request: HttpRequest,
        obj: FilterRule,
        form: "forms.ModelForm[FilterRule]",
        change: bool,
    ) -> None:
        acted = change and form.initial.get("state") == FilterRule.State.ACT
        rule_save(obj, actor=request.user.get_username(), changed=form.changed_data)
        if acted and obj.state == FilterRule.State.OBSERVE and "state" not in form.changed_data:
            messages.warning(request, "What it looks for is new: it observes again.")

    def delete_model(self, request: HttpRequest, obj: FilterRule) -> None:
        rule_delete(obj, actor=request.user.get_username())

    def has_delete_permission(self, request: HttpRequest, obj: FilterRule | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or obj.origin != FilterRule.Origin.LIST)

    def get_actions(self, request: HttpRequest) -> Any:
        found = super().get_actions(request)
        found.pop("delete_selected", None)  # one by one, so that each is looked at
        return found

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, rules: QuerySet[FilterRule]) -> None:
        self._switch(request, rules, enabled=False)

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, rules: QuerySet[FilterRule]) -> None:
        self._switch(request, rules, enabled=True)

    def _switch(self, request: HttpRequest, rules: QuerySet[FilterRule], *, enabled: bool) -> None:
        count = rules_switch(rules, actor=request.user.get_username(), enabled=enabled)
        shown = f"{count} rule{'' if count == 1 else 's'}"
        messages.success(request, f"{shown} switched {'on' if enabled else 'off'}.")

    # --- Trying it out ----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.try_out))
        return [path("try.json", view, name="moderation_filterrule_try"), *super().get_urls()]

    def try_out(self, request: HttpRequest) -> JsonResponse:
        """Say what the rule in the form, were it acting, would make of a text; nothing is kept."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        rule = FilterRule.objects.filter(pk=_number(request.POST.get("rule"))).first()
        posted = {field: request.POST.get(field, "") for field in ("kind", "text", "language")}
        if rule is not None and not posted["text"]:
            posted = {"kind": rule.kind, "text": rule.text, "language": rule.language}
        try:
            posted["text"] = rule_check(posted["kind"], posted["text"])  # type: ignore[arg-type]
        except BadRule as bad:
            return JsonResponse({"problem": str(bad)}, status=400)
        action = request.POST.get("action", "mask")
        if action not in _DONE:
            return JsonResponse({"problem": "There is no such action."}, status=400)
        severity = _number(request.POST.get("severity")) or 2
        compiled = rule_compiled(
            FilterRule(**posted, severity=severity, action=action, state=FilterRule.State.ACT)
        )
        verdict = RuleBook([compiled]).screen(request.POST.get("sample", "")[:_SAMPLE_MOST])
        hits = sum(hit.rule == 0 for hit in verdict.hits)
        done = _DONE[compiled.action] if hits else "Let through: this rule does not meet it"
        return JsonResponse({"hits": hits, "text": verdict.text, "done": done})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"observed_minutes": int(RULE_OBSERVED_FOR.total_seconds() // 60)}
        context |= {"show_save_as_new": False}
        return super().changeform_view(
            request, object_id, form_url, context | (extra_context or {})
        )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
