"""Every duty of docs/safety.md and every answer of docs/security.md names tests, and they exist."""

import re

import pytest

from tests.environment import ROOT

PAGES = {
    name: (ROOT / "docs" / name)
    .read_text(encoding="utf-8")
    .partition("Paths are below `tests/`.")[2]
    for name in ("safety.md", "security.md")
}
pages = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@pages
def test_every_promise_names_a_test(page: str) -> None:
    rows = re.findall(r"^\| (?!duty \||threat \||---)(.+?) \| (.*) \|$", page, re.MULTILINE)
    assert len(rows) > 40
    assert [promise for promise, tests in rows if "::" not in tests] == []


@pages
def test_every_test_that_is_named_exists(page: str) -> None:
    missing = []
    for path, name in re.findall(r"`([\w/.-]+)::([^`]+)`", page):
        source = ROOT / "tests" / path
        sought = f'test("{name}"' if path.endswith(".js") else f"def {name}("
        if not source.is_file() or sought not in source.read_text(encoding="utf-8"):
            missing.append(f"{path}::{name}")
    assert missing == []
