"""`/metrics`: who may read it, what is in it, and that nothing in it names anybody."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from channels.db import database_sync_to_async
from django.http import HttpResponse
from django.test import AsyncClient
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from moderation.models import Report
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.tags import visitor_tag
from omegle import exposition
from omegle.lib import metrics
from omegle.tasks import heartbeat_write
from tests.away import redis_away
from tests.environment import ROOT
from tests.moderation import factories
from tests.strangers import Chat

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "0123456789abcdef0123456789abcdef"
# What a label may say; all of them are words of ours.
LABELS = {
    *("mode", "role", "level", "band", "lane", "common", "action", "door", "outcome"),
    *("job", "queue", "part", "mark", "le"),
}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def _token(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = TOKEN
    settings.RUN_DIR = tmp_path
    # What other tests counted is known to Redis no more.
    counted = {field: value for group in exposition._groups() for field, value in group.items()}
    monkeypatch.setattr(exposition, "_pushed", counted)


async def ask(**headers: str) -> HttpResponse:
    response: Any = await AsyncClient().get("/metrics", headers=headers)
    return response  # type: ignore[no-any-return]


async def read() -> Samples:
    response = await ask(authorization=f"Bearer {TOKEN}")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


# --- Who may read it ------------------------------------------------------------------------------


async def test_without_the_setting_there_is_no_such_page(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert (await ask(authorization="Bearer ")).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer", f"Bearer {TOKEN[:-1]}", TOKEN, "Basic é"])
async def test_without_the_token_it_is_refused(given: str) -> None:
    response = await ask(authorization=given)
    assert (response.status_code, response.content) == (401, b"")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
async def test_probe_by_another_name_is_answered(path: str) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "host": "10.1.2.3:8000"}
    assert (await AsyncClient().get(path, headers=headers)).status_code == 200
    assert (await AsyncClient().get("/", headers=headers)).status_code == 400


# --- What is in it --------------------------------------------------------------------------------


async def test_what_happens_is_counted(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob, chat.stranger() as carol:
        for stranger in (alice, bob):
            await stranger.find("chess")
        for stranger in (alice, bob):
            await stranger.hears("matched")
        await alice.says("hello there")
        await bob.hears("message")
        await carol.find("go")
        async with chat.stranger(cookie=bob.cookie, hello=False) as again:
            await again.resume(bob)
            found = await read()
    assert found["omegle_online", ()] == 3
    assert found["omegle_rooms", ()] == 1
    assert found["omegle_processes", ()] == 1
    pool = {"mode": "text", "role": "chat", "level": "self", "band": "18+", "lane": "open"}
    assert found["omegle_waiting", tuple(sorted(pool.items()))] == 1
    assert found["omegle_matched_total", (("common", "yes"), ("mode", "text"))] == 2
    assert found["omegle_wait_seconds_count", (("mode", "text"), ("role", "chat"))] == 2
    assert found["omegle_match_seconds_count", ()] == 3
    assert found["omegle_messages_total", ()] == 1
    assert found["omegle_relay_seconds_count", ()] == 1
    assert found["omegle_verdicts_total", (("action", "allow"),)] >= 1
    assert found["omegle_resumes_total", (("outcome", "resumed"),)] == 1
    assert found["omegle_up", (("part", "redis"),)] == 1
    assert found["omegle_up", (("part", "database"),)] == 1
    assert found["omegle_up", (("part", "jobs"),)] == 0
    assert found["omegle_jobs_waiting", (("queue", "reports"),)] == 0


async def test_time_from_report_to_decision_is_measured() -> None:
    def decide() -> None:
        case = factories.report("harassment")
        Report.objects.update(created_at=timezone.now() - timedelta(hours=2))
        senior = factories.moderator()
        claimed = case_claim(case.pk, moderator=senior)
        case_decide(case.pk, moderator=senior, version=claimed.version, measure="dismiss")
        factories.bare_case(lane="spam", opened_at=timezone.now() - timedelta(hours=1))

    await database_sync_to_async(decide)()
    found = await read()
    lane = ("lane", "harassment")
    assert found["omegle_report_to_decision_seconds_count", (lane,)] == 1
    assert found["omegle_report_to_decision_seconds_bucket", (lane, ("le", "3600.0"))] == 0
    assert found["omegle_report_to_decision_seconds_bucket", (lane, ("le", "14400.0"))] == 1
    assert found["omegle_cases_open", (("lane", "spam"),)] == 1
    assert 3600 <= found["omegle_oldest_case_seconds", (("lane", "spam"),)] < 3700


async def test_processes_are_added_up(redis_db: redis.Redis) -> None:
    metrics.messages.inc(3)
    await asyncio.to_thread(exposition.push)
    await asyncio.to_thread(exposition.push)  # nothing new
    field = exposition._field(next(iter(metrics.messages.collect())).samples[0])
    redis_db.hincrbyfloat(exposition.KEY, field, 4)  # another process
    assert (await read())["omegle_messages_total", ()] == 7


async def test_parts_that_are_away_are_said(settings: Settings) -> None:
    metrics.messages.inc(3)
    with redis_away(settings):
        found = await read()
    assert found["omegle_up", (("part", "redis"),)] == 0
    assert found["omegle_up", (("part", "database"),)] == 1
    assert ("omegle_online", ()) not in found
    # What was counted meanwhile is there afterwards.
    assert (await read())["omegle_messages_total", ()] == 3


async def test_nothing_in_it_names_anybody(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("xylophones are wonderful")
        await bob.hears("message")
        await bob.send("report", reason="spam", note="kumquat")
        await bob.hears("ended")
        await bob.hears("reported")
        await alice.hears("ended")
        await alice.find("marmalade")
        found = await read()
        text = (await ask(authorization=f"Bearer {TOKEN}")).content.decode()
        visitors = [each.cookie.split(".")[0] for each in (alice, bob)]
    for secret in (
        *("xylophone", "kumquat", "marmalade", "127.0.0.1", "2130706433", "7f000001"),
        *visitors,
        *map(visitor_tag, visitors),
        alice.welcome["name"],
    ):
        assert secret not in text
    assert {name for _, labels in found for name, _ in labels} <= LABELS


# --- What reads it --------------------------------------------------------------------------------


def names() -> set[str]:
    """Give the name of every sample there can be."""
    found = set()
    for name, kind, _, _ in exposition.families():
        parts = ("_bucket", "_count", "_sum") if kind == "histogram" else ("",)
        found |= {name + part for part in parts}
    return found


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\bomegle_\w+", text))


def test_dashboard_shows_figures_that_there_are() -> None:
    board = json.loads((ROOT / "deploy" / "grafana" / "omegle.json").read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    used = named_in("\n".join(expressions))
    there = names()
    assert used <= there
    # Of a histogram its buckets are enough; every other figure is shown.
    assert there - used <= {name for name in there if name.endswith(("_count", "_sum"))}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_alerts_ask_for_figures_that_there_are() -> None:
    text = (ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text()
    [group] = yaml.safe_load(text)["groups"]
    assert named_in("\n".join(rule["expr"] for rule in group["rules"])) <= names()
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert set(rule["annotations"]) == {"summary", "fix"}
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["expr"].count("(") == rule["expr"].count(")")


async def test_everything_that_is_announced_is_told() -> None:
    await asyncio.to_thread(heartbeat_write)
    announced = {name for name, *_ in exposition.families()}
    told = (await ask(authorization=f"Bearer {TOKEN}")).content.decode()
    assert set(re.findall(r"^# TYPE (\w+) ", told, re.MULTILINE)) == announced
