"""One book of the start-up rules for all tests: compiling it takes a while, and it is immutable."""

import pytest

from moderation.filters.book import RuleBook
from moderation.filters.lists import startup_rules


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return RuleBook(rule.numbered(number) for number, rule in enumerate(startup_rules()))
