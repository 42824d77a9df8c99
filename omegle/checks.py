"""System checks for mistakes that one setting alone does not show. The numbers are stable."""

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.security, deploy=True)
def public_url_check(**kwargs: object) -> list[CheckMessage]:
    """E001: strangers' talk would cross the network in the clear."""
    if settings.DEBUG or settings.SECURE:
        return []
    if {"localhost", "127.0.0.1"} & set(settings.ALLOWED_HOSTS):
        return []
    return [
        Error(
            "PUBLIC_URL is plain http on an address that others can reach.",
            hint="Serve it by https and set PUBLIC_URL=https://….",
            id="omegle.E001",
        )
    ]


@register(Tags.security, deploy=True)
def proxy_check(**kwargs: object) -> list[CheckMessage]:
    """W001: behind a proxy that is not trusted, everybody has the proxy's address and limits."""
    if settings.SECURE and not settings.TRUSTED_PROXIES:
        return [
            Warning(
                "PUBLIC_URL is https but TRUSTED_PROXIES is empty.",
                hint="Name the proxy that ends TLS, or its visitors share one budget.",
                id="omegle.W001",
            )
        ]
    return []
