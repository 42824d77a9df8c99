"""A new SECRET_KEY loses nobody: cookies, bans, links and the audit log hold; and `rotate_keys`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from chat import visitors
from moderation.audit import audit_append, audit_verify
from moderation.receipts import is_token_of, secret_token
from moderation.tags import address_tags, derived_key, visitor_tag
from omegle.env import sealing_keys
from omegle.lib.network import parse_address
from tests.commands import run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_keys() -> Iterator[None]:
    yield
    derived_key.cache_clear()


def test_secret_key_is_changed_and_nobody_notices(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path
    old = settings.SECRET_KEY
    visitor = visitors.visitor_new(band="18+")
    cookie = visitors.visitor_write(visitor)
    address = parse_address("203.0.113.7")
    assert address is not None
    before = visitor_tag(visitor.id), address_tags(address), secret_token("R-7K3F-92MQ")
    audit_append(actor="ada", action="view", target="x")

    settings.SECRET_KEY, settings.TAG_KEY = "new" * 20, old
    derived_key.cache_clear()
    assert visitors.visitor_read({"visitor": cookie}) is None
    assert "forged" in audit_verify()[0]
    settings.SECRET_KEY_FALLBACKS = [old]
    assert visitors.visitor_read({"visitor": cookie}) == visitor
    assert (visitor_tag(visitor.id), address_tags(address)) == before[:2]
    assert is_token_of(before[2], "R-7K3F-92MQ")
    assert audit_verify() == []
    audit_append(actor="ada", action="view", target="y")
    settings.SECRET_KEY_FALLBACKS = []
    assert audit_verify() == []

    settings.TAG_KEY = settings.SECRET_KEY
    derived_key.cache_clear()
    assert visitor_tag(visitor.id) != before[0]


def test_keys_in_use_are_told_apart_and_never_shown(settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = ["older", "oldest"]
    ran = run("rotate_keys", "--json")
    assert len(set(ran.data["SECRET_KEY_FALLBACKS"])) == 2
    assert (ran.data["TAG_KEY"], ran.data["METRICS_TOKEN"]) == ([], [])
    out = run("rotate_keys").out
    for key in (settings.SECRET_KEY, "older", *settings.EVIDENCE_KEYS):
        assert key not in out


def test_new_keys_are_such_that_they_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("SECRET_KEY", "EVIDENCE_KEYS", "TURN_SECRET", "METRICS_TOKEN", "SIMULATE_TOKEN")
    made = run("rotate_keys", *names, "--json").data
    assert len({each["new"] for each in made.values()}) == len(names)
    for name, each in made.items():
        assert name in made
        assert each["new"] in "".join(each["steps"])
    monkeypatch.setenv("EVIDENCE_KEYS", made["EVIDENCE_KEYS"]["new"])
    assert sealing_keys("EVIDENCE_KEYS") == (made["EVIDENCE_KEYS"]["new"],)
    assert run("rotate_keys", "TAG_KEY").code == 2
