"""Every duty of docs/safety.md names tests, and they exist."""

import re

from tests.environment import ROOT

PAGE = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
DUTIES = re.findall(r"^\| (?!duty \||---)(.+?) \| (.*) \|$", PAGE, re.MULTILINE)


def test_every_duty_names_a_test() -> None:
    assert len(DUTIES) > 40
    assert [duty for duty, tests in DUTIES if "::" not in tests] == []


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for path, name in re.findall(r"`([\w/.-]+)::([^`]+)`", PAGE):
        source = ROOT / "tests" / path
        sought = f'test("{name}"' if path.endswith(".js") else f"def {name}("
        if not source.is_file() or sought not in source.read_text(encoding="utf-8"):
            missing.append(f"{path}::{name}")
    assert missing == []
