"""Lines that listen, wherever a page needs them: `{% crisis_help %}`."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import get_language_info, gettext

from omegle.crisis import ALWAYS, DIRECTORIES, Country, Helpline, countries_sorted

register = template.Library()


@register.inclusion_tag("parts/crisis.html")
def crisis_help() -> dict[str, Any]:
    """Show who listens: where the service is offered openly, elsewhere behind the country's name.

    Where a visitor is we do not know, and do not want to.
    """
    first, others = countries_sorted(settings.CRISIS_HELP, settings.COUNTRIES)
    return {
        "first": [_shown(country) for country in first],
        "others": sorted((_shown(country) for country in others), key=lambda each: each["name"]),
        "directories": DIRECTORIES,
    }


def _shown(country: Country) -> dict[str, Any]:
    lines = [(line, _when(line)) for line in country.lines]
    return {"name": gettext(country.name), "lines": lines}


def _when(line: Helpline) -> str:
    """Give when a line is there and in which languages, as far as that is known."""
    hours = gettext("Day and night") if line.hours == ALWAYS else line.hours
    languages = ", ".join(map(_language, line.languages))
    return " · ".join(filter(None, [hours, languages]))


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
