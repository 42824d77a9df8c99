"""How long somebody waits, in words; `static/js/core/phrases.js` says the same."""

from django import template

register = template.Library()


@register.filter
def waited(seconds: int) -> str:
    """Give the end of a sentence about people who wait so long."""
    if seconds < 3:
        return "are taken at once"
    if seconds < 60:
        return f"wait about {seconds if seconds < 10 else round(seconds / 5) * 5} s"
    return f"wait about {round(seconds / 60)} min"
