"""Second opinions: what waits for one, the page on which one is given, and where two differ."""

from typing import Final, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_GET

from moderation.admin.evidence import evidence_context
from moderation.admin.forms import OpinionForm
from moderation.admin.pages import DeskPages
from moderation.admin.shown import span_words, tag_short
from moderation.cases import NotPossible
from moderation.models import SecondOpinion
from moderation.policy import LANES, MEASURES, RULES, Lane
from moderation.selectors.desk import permitted_lanes, permitted_measures
from moderation.selectors.opinions import (
    disagreements,
    may_see_disagreements,
    opinion_barred,
    opinion_queue,
    priors_then,
    rules_then,
)
from moderation.selectors.shifts import lane_opted_out, lanes_closed
from moderation.services.opinions import BadOpinion, opinion_give
from moderation.site import OwnChoice

_DIFFERENT: Final = 30


@admin.register(SecondOpinion)
class SecondOpinionAdmin(DeskPages):
    """Pages of our own: nothing of an opinion is edited as a record."""

    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("", require_GET(self.queue), "changelist"),
            self.page("<int:pk>/change/", self.opinion, "change"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # the links above every page lead here

    def has_view_permission(self, request: HttpRequest, obj: SecondOpinion | None = None) -> bool:
        return bool(permitted_measures(request.user))

    def queue(self, request: HttpRequest) -> HttpResponse:
        moderator = self.moderator(request)
        now = timezone.now()
        closed = lanes_closed(moderator)
        waiting = opinion_queue(moderator)
        context = {
            "title": "Second opinions",
            "rows": [
                (
                    each,
                    LANES[cast("Lane", each.decision.case.lane)],
                    span_words(now - each.asked_at),
                    cast("Lane", each.decision.case.lane) in closed,
                )
                for each in waiting
            ],
            "sees_different": may_see_disagreements(moderator),
            "different": disagreements(moderator, limit=_DIFFERENT),
        }
        return self.show(request, "opinion/queue", context)

    def opinion(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, opinion = self._moderator_and_opinion(request, pk)
        if request.method != "POST":
            return self._page(request, moderator, opinion)
        form = OpinionForm(request.POST)
        if not form.is_valid():
            return self._page(request, moderator, opinion, problem=form.sentence(), status=400)
        try:
            opinion_give(opinion.pk, moderator=moderator, **form.cleaned_data)
        except BadOpinion as bad:
            return self._page(request, moderator, opinion, problem=str(bad), status=400)
        except NotPossible as refused:
            messages.warning(request, str(refused))
        else:
            messages.success(request, "Thank you. It changes nothing of what was decided.")
        return self.go("changelist")

    def _page(
        self,
        request: HttpRequest,
        moderator: User,
        opinion: SecondOpinion,
        *,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        if barred := opinion_barred(opinion, moderator):
            # Not on this page: the conversation would be shown.
            messages.warning(request, barred)
            return self.go("changelist")
        decision, case = opinion.decision, opinion.decision.case
        lanes = permitted_lanes(moderator)
        rules = rules_then(decision)
        measures = permitted_measures(moderator)
        context = evidence_context(
            request, case, moderator, before=decision.created_at, blind=True
        ) | {
            "title": "Second opinion",
            "opinion": opinion,
            "case": case,
            "lane_label": LANES[cast("Lane", case.lane)],
            "subject": tag_short(case.subject),
            "priors": [(each, each.case.lane in lanes) for each in priors_then(decision)],
            "measures": [(measure, MEASURES[measure]) for measure in measures],
            "rules": [(rule, RULES[rule].title, MEASURES[step]) for rule, step in rules],
            "problem": problem,
            "typed": {name: request.POST.get(name, "") for name in ("measure", "rule")},
        }
        return self.show(request, "opinion/opinion", context, status=status)

    def _moderator_and_opinion(self, request: HttpRequest, pk: int) -> tuple[User, SecondOpinion]:
        """Give both, if the lane is theirs; before anything is shown or changed."""
        moderator = self.moderator(request)
        opinions = SecondOpinion.objects.select_related("decision__case", "decision_by")
        opinion = get_object_or_404(opinions, pk=pk)
        lane = opinion.decision.case.lane
        if lane not in permitted_lanes(moderator):
            raise PermissionDenied
        if choice := lane_opted_out(moderator, lane):
            raise OwnChoice(choice)
        return moderator, opinion
