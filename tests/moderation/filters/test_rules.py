import pytest

from moderation.filters.book import RuleBook
from moderation.filters.rules import BadRule, FilterRule, Kind, rule_check


@pytest.mark.parametrize(
    ("kind", "text", "normal"),
    [
        ("term", "  FÜCK You! ", "fuck you"),
        ("term", "Сука", "сука"),
        ("term", "don't", "don t"),
        ("term", "1488", "1488"),
        ("pattern", r" \bfoo\d+ ", r"\bfoo\d+"),
        ("pattern", "(a+)+$", "(a+)+$"),
        ("domain", "https://www.Example.com/path?x#y", "example.com"),
        ("domain", "*.example.co.uk", "example.co.uk"),
        ("domain", "@mail.example.org", "mail.example.org"),
        ("domain", "пример.рф", "пример.рф"),
    ],
)
def test_good_rule_comes_back_normalised(kind: Kind, text: str, normal: str) -> None:
    assert rule_check(kind, text) == normal
    assert rule_check(kind, normal) == normal


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("term", "", "Write what"),
        ("term", "   ", "Write what"),
        ("term", "x" * 201, "at most 200"),
        ("pattern", "x" * 201, "at most 200"),
        ("term", "!!!", "needs letters"),
        ("term", "\u200b\u3164", "needs letters"),
        ("term", "a", "two letters"),
        ("term", "a$$", "two letters"),
        ("pattern", "(", "cannot be used"),
        ("pattern", r"(a)\1", "cannot be used"),
        ("pattern", "(?=x)y", "cannot be used"),
        ("pattern", "(?<!x)y", "cannot be used"),
        ("pattern", r"(\w{1,500}){1,500}", "cannot be used"),
        ("pattern", "\ud800x", "cannot be used"),
        ("pattern", ".*", "nothing"),
        ("pattern", "x*", "nothing"),
        ("pattern", r"\b", "nothing"),
        ("pattern", "^", "nothing"),
        ("pattern", "foo|", "nothing"),
        ("pattern", ".", "ordinary"),
        ("pattern", r"\w+", "ordinary"),
        ("pattern", "e", "ordinary"),
        ("pattern", ".+x?", "ordinary"),
        ("pattern", r"\*+", "stars"),
        ("pattern", "[^a-z]{20}", "stars"),
        ("domain", "example", "no domain"),
        ("domain", "exa mple.com", "no domain"),
        ("domain", "http://", "no domain"),
        ("domain", "-a.com", "no domain"),
        ("domain", "1.2.3.4", "no domain"),
        ("domain", "a..com", "no domain"),
    ],
)
def test_bad_rule_is_refused_with_a_sentence(kind: Kind, text: str, sentence: str) -> None:
    with pytest.raises(BadRule, match=sentence) as refused:
        rule_check(kind, text)
    assert str(refused.value).endswith(".")


def test_bad_rule_does_not_get_into_a_book() -> None:
    with pytest.raises(BadRule):
        RuleBook([FilterRule(1, "pattern", ".*", 1, "hold")])
