"""Moderation's jobs: each takes an id or nothing, calls one service, and may run twice."""

from celery import shared_task

from moderation import audit
from moderation.services import (
    cases,
    decisions,
    notices,
    opinions,
    reports,
    requests,
    rules,
    upkeep,
)


@shared_task(name=reports.FILE_JOB)
def report_file(report_id: int) -> None:
    reports.report_file(report_id)


@shared_task(name="moderation.reports_sweep")
def reports_sweep() -> None:
    reports.reports_sweep()


@shared_task(name="moderation.claims_expire")
def claims_expire() -> None:
    cases.claims_expire()


@shared_task(name="moderation.sanctions_expire")
def sanctions_expire() -> None:
    decisions.sanctions_expire()


@shared_task(name="moderation.requests_expire")
def requests_expire() -> None:
    requests.requests_expire()


@shared_task(name="moderation.notices_watch")
def notices_watch() -> None:
    notices.notices_watch()


@shared_task(name="moderation.records_purge")
def records_purge() -> None:
    upkeep.records_purge()


@shared_task(name="moderation.opinions_ask")
def opinions_ask() -> None:
    opinions.opinions_ask()


@shared_task(name="moderation.sessions_clear")
def sessions_clear() -> None:
    upkeep.sessions_clear()


@shared_task(name="moderation.hits_write")
def hits_write() -> None:
    rules.hits_write()


@shared_task(name="moderation.audit_head")
def audit_head() -> None:
    audit.head_keep()
