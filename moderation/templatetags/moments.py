"""A moment as visitors' pages show it: as their language writes dates, and exact for machines."""

from datetime import datetime

from django import template
from django.utils.html import format_html

from omegle.lib import languages

register = template.Library()


@register.filter(expects_localtime=True)
def moment(at: datetime | None, testid: str = "") -> str:
    """Give a moment as a `time` element: `5 November 2026, 02:13 UTC`; nothing for none.

    A message takes it as one value. `testid`: what tests find it by.
    """
    if not at:
        return ""
    mark = format_html(' data-testid="{}"', testid) if testid else ""
    return format_html(
        '<time datetime="{}"{}>{}</time>', at.isoformat(), mark, languages.moment(at)
    )
