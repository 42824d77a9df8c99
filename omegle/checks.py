"""System checks for mistakes that one setting alone does not show. The numbers are stable."""

from importlib.util import find_spec

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from moderation.frames.known import BadList, list_read
from omegle.countries import demand_of, is_weaker


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


@register(Tags.security, deploy=True)
def video_check(**kwargs: object) -> list[CheckMessage]:
    """E002: no call could be relayed; W002: strangers learn each other's address."""
    if settings.VIDEO == "relay" and not (
        settings.TURN_URLS and settings.TURN_SECRET and settings.TURN_RELAYS
    ):
        return [
            Error(
                "VIDEO is relay, but the TURN server is not described.",
                hint="Set TURN_URLS, TURN_SECRET and TURN_RELAYS, or VIDEO=off.",
                id="omegle.E002",
            )
        ]
    if settings.VIDEO == "direct":
        return [
            Warning(
                "VIDEO is direct: strangers who agree to it learn each other's address.",
                hint="Run a TURN server and set VIDEO=relay; deploy/coturn has a configuration.",
                id="omegle.W002",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def frames_check(**kwargs: object) -> list[CheckMessage]:
    """E003, E004: cameras would go unchecked; W003: there are no cameras to check."""
    found: list[CheckMessage] = []
    wanted = {"nudenet": settings.FRAME_DETECTOR == "nudenet", "pdqhash": settings.KNOWN_PICTURES}
    found += [
        Error(
            f"FRAME_DETECTOR or KNOWN_PICTURES needs {package}, which is not installed.",
            hint="Install requirements/frames.txt, as `make run` does by itself.",
            id="omegle.E003",
        )
        for package, is_wanted in wanted.items()
        if is_wanted and find_spec(package) is None
    ]
    for _reason, path in settings.KNOWN_PICTURES:
        try:
            list_read(path)
        except BadList as error:
            found.append(
                Error(
                    f"A list of KNOWN_PICTURES is no good: {error}.",
                    hint="docs/configuration.md says what a list is.",
                    id="omegle.E004",
                )
            )
    if settings.FRAME_CHECKS and settings.VIDEO == "off":
        found.append(
            Warning(
                "Cameras are to be checked, but there is no video.",
                hint="Set VIDEO, or leave FRAME_DETECTOR and KNOWN_PICTURES unset.",
                id="omegle.W003",
            )
        )
    return found


@register(Tags.security)
def age_provider_check(**kwargs: object) -> list[CheckMessage]:
    """E006: nobody could enter."""
    if settings.AGE_ASSURANCE != "provider":
        return []
    if settings.AGE_PROVIDER_URL and settings.AGE_PROVIDER_KEY:
        return []
    return [
        Error(
            "AGE_ASSURANCE is provider, but the provider is not described.",
            hint="Set AGE_PROVIDER_URL and AGE_PROVIDER_KEY; docs/age-assurance.md says how.",
            id="omegle.E006",
        )
    ]


@register(Tags.security, deploy=True)
def countries_check(**kwargs: object) -> list[CheckMessage]:
    """E007: where the service is offered, ages have to be known better than they are."""
    demands = {code: demand_of(code) for code in settings.COUNTRIES}
    return [
        Error(
            f"AGE_ASSURANCE is {settings.AGE_ASSURANCE}, but {code} asks for {demand.level} "
            f"({demand.source}).",
            hint="docs/age-assurance.md says how to know ages. This is not legal advice.",
            id="omegle.E007",
        )
        for code, demand in demands.items()
        if demand is not None and is_weaker(settings.AGE_ASSURANCE, demand)
    ]
