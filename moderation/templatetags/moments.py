"""A moment as visitors' pages show it: as their language writes dates, and exact for machines."""

from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext

register = template.Library()


@register.filter(expects_localtime=True)
def moment(at: datetime | None, testid: str = "") -> str:
    """Give a moment as a `time` element: `5 November 2026, 02:13 UTC`; nothing for none.

    A message takes it as one value. `testid`: what tests find it by.
    """
    if not at:
        return ""
    # Translators: a moment, in the time of UTC, as part of a sentence.
    told = gettext("%(date)s, %(time)s UTC") % {
        "date": date_format(at, "DATE_FORMAT"),
        "time": f"{at:%H:%M}",
    }
    mark = format_html(' data-testid="{}"', testid) if testid else ""
    return format_html('<time datetime="{}"{}>{}</time>', at.isoformat(), mark, told)
