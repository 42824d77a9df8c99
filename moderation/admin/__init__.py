"""The review desk: Django's admin with pages of its own.

Doors only: what they change goes through the services, what they show comes from the selectors.
"""

from moderation.admin import (
    appeals,
    cases,
    notices,
    opinions,
    ranges,
    records,
    requests,
    rules,
    shifts,
)

__all__ = [
    "appeals",
    "cases",
    "notices",
    "opinions",
    "ranges",
    "records",
    "requests",
    "rules",
    "shifts",
]
