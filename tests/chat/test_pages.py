"""Pages to read, and the templates of moderation as their views will fill them."""

import datetime
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.html import escape
from pytest_django import Settings

from chat.assurance import CHECK_COOKIE
from chat.templatetags.waits import how_long, wanted
from chat.visitors import REFUSAL_COOKIE, VISITOR_COOKIE
from moderation.policy import RULES
from moderation.policy.retention import RETENTION

NOW = datetime.datetime(2026, 11, 21, 2, 13, tzinfo=datetime.UTC)
# What the page says in JavaScript too.
WAITS = json.loads((Path(__file__).parent.parent / "contract" / "waits.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["help", "rules", "privacy", "terms", "safety"])
def test_every_page_to_read_links_to_the_others(client: Client, name: str) -> None:
    page = client.get(f"/{name}/")
    assert page.status_code == 200
    for other in ("help", "rules", "privacy", "terms", "safety"):
        assert f'href="/{other}/"' in page.content.decode()


@pytest.mark.django_db
def test_every_link_of_the_help_leads_to_a_place_on_a_page(client: Client) -> None:
    links = re.findall(r'href="(/[a-z]*/?)?(#[a-z]+)?"', client.get("/help/").content.decode())
    assert len(links) > 20
    for path, anchor in links:
        page = client.get(path or "/help/")
        assert page.status_code == 200, path
        assert not anchor or f'id="{anchor[1:]}"' in page.content.decode(), anchor


@pytest.mark.parametrize(
    ("video", "words"),
    [
        ("off", "switched off on this site"),
        ("relay", "go through a relay"),
        ("direct", "without your yes there is no video"),
    ],
)
def test_help_says_how_video_is_here(video: str, words: str) -> None:
    assert words in render_to_string("help.html", {"video": video})


def test_rules_page_has_every_rule(client: Client) -> None:
    page = client.get("/rules/").content.decode()
    for rule in RULES.values():
        assert escape(rule.title) in page
        assert escape(rule.text) in page


@pytest.mark.parametrize("name", ["privacy", "safety"])
def test_who_reads_along_and_may_save_is_told(client: Client, name: str) -> None:
    page = client.get(f"/{name}/").content.decode()
    assert "In question mode a third person reads along" in page
    assert "may save what was said, as the stranger may." in page


def test_privacy_page_says_how_long_each_record_is_kept(client: Client) -> None:
    response = client.get("/privacy/")
    said = dict(response.context["retention"])
    assert len(said) == len(RETENTION)
    assert said["The last messages of a reported conversation"] == "30 days"
    for what in said:
        assert escape(what) in response.content.decode()


def test_privacy_page_names_every_cookie_of_a_visitor(client: Client, settings: Settings) -> None:
    settings.AGE_ASSURANCE, settings.AGE_PROVIDER_URL = "provider", "https://age.example.org/"
    named = re.findall(r"<td><code>(\w+)</code></td>", client.get("/privacy/").content.decode())
    ours = {VISITOR_COOKIE, REFUSAL_COOKIE, CHECK_COOKIE}
    assert sorted(named) == sorted(
        {*ours, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME}
    )


@pytest.mark.parametrize("case", WAITS["queues"], ids=lambda case: case["says"])
def test_landing_says_how_long_either_side_waits(case: dict[str, Any]) -> None:
    told = {"ask_seconds": case["ask"], "discuss_seconds": case["discuss"]}
    assert how_long(told) == case["says"]


@pytest.mark.parametrize("case", WAITS["short"], ids=lambda case: case["says"])
def test_landing_says_who_is_missing(case: dict[str, Any]) -> None:
    assert wanted(case["short"]) == case["says"]


def test_landing_says_nothing_of_queues_it_knows_nothing_of() -> None:
    assert how_long(None) == ""
    assert "At the moment" not in render_to_string("parts/landing.html", {"spy": None})


def receipt(**changes: object) -> str:
    report = {
        "reference": "R-7K2M-Q4XD",
        "created_at": NOW,
        "reason_label": "Hate",
        "state": "received",
        "outcome": "",
        "outcome_text": "",
        "decided_at": None,
    }
    return render_to_string(
        "moderation/receipt.html", {"report": SimpleNamespace(**report | changes)}
    )


@pytest.mark.parametrize(("state", "done"), [("received", 1), ("in_review", 1), ("decided", 3)])
def test_receipt_shows_how_far_the_report_is(state: str, done: int) -> None:
    page = receipt(state=state)
    assert page.count('class="step-done"') == done
    assert page.count('aria-current="step"') == 1
    assert ("receipt-outcome" in page) == (state == "decided")


@pytest.mark.parametrize(
    ("outcome", "words"), [("action", "We acted on it"), ("no_action", "No action was taken")]
)
def test_receipt_of_a_decided_report_says_the_outcome(outcome: str, words: str) -> None:
    page = receipt(state="decided", outcome=outcome, outcome_text="<b>So.</b>", decided_at=NOW)
    assert words in page
    assert "&lt;b&gt;So.&lt;/b&gt;" in page


def test_ban_page_says_what_why_and_until_when() -> None:
    context = {
        "facts": "You threatened <somebody>.",
        "url": "/d/1/",
        "rule_title": "No threats",
    }
    page = render_to_string("moderation/banned.html", context | {"until": NOW})
    assert "You threatened &lt;somebody&gt;." in page
    assert "21 November 2026, 02:13 UTC" in page
    assert 'href="/d/1/"' in page
    assert "no end" in render_to_string("moderation/banned.html", context | {"until": None})


@pytest.mark.parametrize("is_over", [False, True])
def test_statement_has_everything_that_a_statement_of_reasons_needs(is_over: bool) -> None:
    words = {
        "reference": "D-1",
        "measure_label": "Ban, 1 day",
        "scope": "You cannot enter.",
        "facts": "You wrote <it>.",
        "source_label": "a report",
        "rule_title": "No hate",
        "rule_text": "Do not attack anyone.",
        "why": "It attacks somebody.",
    }
    decision = SimpleNamespace(
        **words,
        starts_at=NOW,
        until=None,
        is_over=is_over,
        is_automated_detection=True,
        is_automated_decision=False,
    )
    page = render_to_string("moderation/statement.html", {"decision": decision})
    for text in (*words.values(), "to a court", "No end", "A program", "A person"):
        assert (
            text.replace("<", "&lt;").replace(">", "&gt;").replace("a report", "A report") in page
        )
    assert ("In force" in page) == (not is_over)
