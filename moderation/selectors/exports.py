"""What the export of a case is made of."""

from typing import Final

from django.db.models import Q

from moderation.models import AuditEntry, Case

# SQLite takes no longer conditions than some hundred terms.
_TERMS: Final = 100


def case_audit(case: Case) -> list[AuditEntry]:
    """Give what the audit log has of a case, its reports, decisions and appeals, in order.

    Their names are how its entries call them: `view` of `evidence of R-…`.
    """
    names = [
        *case.reports.values_list("reference", flat=True),
        *case.decisions.values_list("reference", flat=True),
    ]
    found = {entry.pk: entry for entry in AuditEntry.objects.filter(target=str(case))}
    for start in range(0, len(names), _TERMS):
        condition = Q()
        for name in names[start : start + _TERMS]:
            condition |= Q(target__endswith=name)
        found |= {entry.pk: entry for entry in AuditEntry.objects.filter(condition)}
    return [found[pk] for pk in sorted(found)]
