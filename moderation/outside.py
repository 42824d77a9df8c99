"""Pages for whoever gives notice from outside, without a visit: the form, and what became of it.

They need no cookie. Whether anything that a notice names is there, nobody learns here.
"""

from datetime import timedelta
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from moderation.forms import NoticeForm
from moderation.models import Notice
from moderation.policy import NOTICE_CHARS, NOTICE_DUE
from moderation.policy.retention import RETENTION
from moderation.receipts import notice_path
from moderation.services.notices import notice_make
from moderation.statements import span_told
from moderation.views import link_check
from omegle.lib import proof
from omegle.lib.throttle import is_over


# No cookie says who sends it, so a foreign page could borrow nothing.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def notice(request: HttpRequest) -> HttpResponse:
    """Take a notice, and lead to its receipt; where many come from, after a proof of work.

    One that is filled in is always taken. Only what is not is refused when it comes too often.
    """
    if request.method != "POST":
        return _form_page(request, NoticeForm())
    form = NoticeForm(request.POST)
    if not form.is_valid():
        if is_over(request, settings.LIMIT_ENTER, group="notice-invalid"):
            return render(request, "errors/429.html", status=429)
        return _form_page(request, form, status=400)
    over = is_over(request, settings.LIMIT_NOTICES, group="notice")
    if over and not proof.is_proven(request):
        return _form_page(request, form, status=428)
    made = notice_make(form.cleaned_data["kind"], form.draft())
    return HttpResponseRedirect(notice_path(made.reference), status=303)


@require_safe
@never_cache
def notice_receipt(request: HttpRequest, reference: str, token: str) -> HttpResponse:
    """Tell whoever sent a notice how it stands; a wrong link is always the same 404."""
    link_check(reference, token)
    notice = Notice.objects.filter(reference=reference).first()
    if notice is None:
        raise Http404
    state = "decided" if notice.outcome else "in_review" if notice.claimed_by_id else "received"
    context = {"notice": notice, "state": state}
    return render(request, "moderation/notice_receipt.html", context)


def _form_page(request: HttpRequest, form: NoticeForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "text_chars": NOTICE_CHARS,
        "due": span_told(NOTICE_DUE),
        "kept": span_told(cast("timedelta", RETENTION["notice"])),
        "challenge": proof.challenge_new() if status == 428 else None,
    }
    return render(request, "moderation/notice.html", context, status=status)
