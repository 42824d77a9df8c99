"""What every template may show."""

from django.conf import settings
from django.http import HttpRequest

from omegle.brand import brand
from omegle.languages import words_url


def site(request: HttpRequest) -> dict[str, object]:
    return {
        "site_name": settings.SITE_NAME,
        "terms_version": settings.TERMS_VERSION,
        "words_url": words_url(),
        "brand": brand(),
    }
