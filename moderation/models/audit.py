"""The audit log: append-only, each entry sealed with the one before it.

Triggers of the database refuse to change or delete a row. `moderation.audit` writes it.
"""

from typing import ClassVar

from django.db import models


class AuditEntry(models.Model):
    """That somebody changed something or saw evidence; no personal data of visitors.

    `actor` and `target` are labels frozen as they were; `digest` covers every field and the
    `previous` digest.
    """

    retention: ClassVar[str] = "audit"

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    click = models.CharField("correlation id", max_length=36, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ("-id",)
        indexes = (models.Index(fields=["action", "at"], name="audit_action"),)

    def __str__(self) -> str:
        return f"{self.id} {self.actor} {self.action} {self.target}"
