"""Pictures that a page sends: the still of a report, and a small one of its own camera."""

import logging
import re

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat import visitors
from chat.camera import sample_take
from chat.video import camera_interval
from moderation.frames.detector import SAMPLE_BYTES
from moderation.pictures import PICTURE_BYTES, BadPicture, picture_too_large
from moderation.services.stills import (
    NoStill,
    StillBusy,
    StillLate,
    StillThere,
    still_attach,
    stills_taken,
)
from moderation.tags import visitor_tag
from moderation.views import link_check
from omegle.lib.languages import say
from omegle.lib.throttle import is_over

logger = logging.getLogger(__name__)

# What a camera's picture may be, and how it begins.
_SAMPLES = {
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


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


def _refused_with(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)
