"""What moderation keeps. Every model names in `retention` its row of `policy.retention`.

A conversation is here only as the evidence of a report. Visitors and addresses are tags
(`moderation.tags`), never what they stand for.
"""

from moderation.models.appeals import Appeal
from moderation.models.audit import AuditEntry
from moderation.models.cases import Activity, Case, Evidence, Mute, Report, Still
from moderation.models.decisions import Decision, Lifting, Sanction, SanctionEnd
from moderation.models.notices import Notice
from moderation.models.opinions import SecondOpinion
from moderation.models.ranges import RangeBan, RangeBanLifting
from moderation.models.requests import Request
from moderation.models.rules import FilterRule
from moderation.models.shifts import Exposure, OptOut, Shift
from moderation.models.switches import Switch

__all__ = [
    "Activity",
    "Appeal",
    "AuditEntry",
    "Case",
    "Decision",
    "Evidence",
    "Exposure",
    "FilterRule",
    "Lifting",
    "Mute",
    "Notice",
    "OptOut",
    "RangeBan",
    "RangeBanLifting",
    "Report",
    "Request",
    "Sanction",
    "SanctionEnd",
    "SecondOpinion",
    "Shift",
    "Still",
    "Switch",
]
