"""What the pages of the desk have in common: who may look, where they lead, who claims what."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from moderation.admin.shown import measure_keys
from moderation.cases import NotPossible


class DeskPages(admin.ModelAdmin):  # type: ignore[type-arg]  # it has none at run time
    """Pages of our own for a model, for whoever may view it: nothing is edited as a record."""

    def page(self, route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        return path(route, self.admin_site.admin_view(view), name=self._name(name))

    def no_add(self) -> URLPattern:
        """Give the address that every model has in the admin; it is refused."""
        return self.page("add/", self.add_view, "add")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def moderator(self, request: HttpRequest) -> User:
        """Give who asks; refuse it to whoever may not look."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return cast("User", request.user)

    def show(
        self, request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """Give a page of `templates/admin/moderation/`."""
        common = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "measure_keys": measure_keys(),
        }
        template = f"admin/moderation/{template}.html"
        return TemplateResponse(request, template, {**common, **context}, status=status)

    def go(self, name: str, *args: object, query: str = "") -> HttpResponse:
        """Lead to another page of the same model."""
        return HttpResponseRedirect(reverse(f"admin:{self._name(name)}", args=args) + query)

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"


class ClaimedPages(DeskPages):
    """Pages of what somebody claims before they answer it.

    Attributes:
        take: the service that claims one for a moderator.
        give_back: the one that ends that.
    """

    take: ClassVar[Callable[..., object]]
    give_back: ClassVar[Callable[..., object]]

    @abstractmethod
    def asked_for(self, request: HttpRequest, pk: int) -> tuple[User, Any]:
        """Give who asks and for what, if it is theirs; before anything is shown or changed."""

    @abstractmethod
    def show_one(
        self,
        request: HttpRequest,
        moderator: User,
        claimed: Any,
        *,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """Show how one stands now, with what went wrong."""

    def claim_pages(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/claim/", require_POST(self.claim), "claim"),
            self.page("<int:pk>/release/", require_POST(self.release), "release"),
        ]

    def claim(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, claimed = self.asked_for(request, pk)
        try:
            type(self).take(pk, moderator=moderator)
        except NotPossible as refused:
            return self.show_one(request, moderator, claimed, problem=str(refused), status=409)
        return self.go("change", pk)

    def release(self, request: HttpRequest, pk: int) -> HttpResponse:
        moderator, claimed = self.asked_for(request, pk)
        try:
            type(self).give_back(pk, moderator=moderator)
        except NotPossible as refused:
            return self.show_one(request, moderator, claimed, problem=str(refused), status=409)
        messages.info(request, f"The {claimed} is given back.")
        return self.go("changelist")
