"""The pairing rule, as a table."""

from dataclasses import replace
from typing import Any

import pytest

from matching.policy import Past, Waiting, affinity, may_meet, side_short
from matching.tickets import Pool, Role, Ticket

POOL = Pool("text", "self", "18+")
ASK, DISCUSS = replace(POOL, role="ask"), replace(POOL, role="discuss")


def wish(
    visitor: str,
    *interests: str,
    languages: tuple[str, ...] = (),
    waited: float = 0,
    pool: Pool = POOL,
    **fields: bool,
) -> Waiting:
    ticket = Ticket(visitor, pool, interests, languages, patience=10)
    return Waiting(ticket, waited, **fields)


def ask(*interests: str, **fields: Any) -> Waiting:
    return wish("asker", *interests, pool=ASK, **fields)


def discuss(*interests: str, **fields: Any) -> Waiting:
    return wish("discusser", *interests, pool=DISCUSS, **fields)


def other(*interests: str, **fields: Any) -> Waiting:
    return wish("other", *interests, pool=DISCUSS, **fields)


@pytest.mark.parametrize(
    ("a", "b", "past", "expected"),
    [
        (wish("a"), wish("b"), Past(), True),
        (wish("a"), wish("a"), Past(), False),
        (wish("a", "tea"), wish("b", "tea", "go"), Past(), True),
        (wish("a", "tea"), wish("b", "go"), Past(), False),
        (wish("a", "tea"), wish("b"), Past(), False),
        (wish("a", "tea", relaxed=True), wish("b"), Past(), True),
        (wish("a", "tea", waited=10), wish("b"), Past(), True),
        (wish("a", "tea", waited=9.9), wish("b"), Past(), False),
        (wish("a", "tea", waited=10), wish("b", "go"), Past(), False),
        (wish("a", "tea", waited=10), wish("b", "go", waited=10), Past(), True),
        # Among many, two whose patience ended linger …
        (wish("a", "tea", waited=11), wish("b", "go", waited=10), Past(others=15), False),
        (wish("a", "tea", waited=11), wish("b", "go", waited=10), Past(others=14), True),
        (wish("a", "tea", waited=11), wish("b", "tea", "go", waited=10), Past(others=15), True),
        (wish("a", "tea", waited=12.5), wish("b", "go", waited=10), Past(others=15), True),
        # … but keep nobody waiting who asked for anyone.
        (wish("a", "tea", waited=11), wish("b"), Past(others=15), True),
        (wish("a", "tea", waited=11), wish("b", "go", relaxed=True), Past(others=15), True),
        (wish("a", languages=("en",)), wish("b"), Past(), True),
        (wish("a", languages=("en",)), wish("b", languages=("es", "en")), Past(), True),
        (wish("a", languages=("en",)), wish("b", languages=("es",)), Past(), False),
        (wish("a", "tea", languages=("en",)), wish("b", "tea", languages=("es",)), Past(), False),
        (wish("a", languages=("en",), waited=30), wish("b", languages=("es",)), Past(), True),
        (wish("a", languages=("en",), waited=29), wish("b", languages=("es",)), Past(), False),
        (wish("a"), wish("b"), Past(blocked=True), False),
        (wish("a", waited=99), wish("b"), Past(blocked=True), False),
        (wish("a"), wish("b"), Past(parted=299), False),
        (wish("a"), wish("b"), Past(parted=300), True),
        (wish("a", waited=1), wish("b"), Past(parted=3), True),
        (wish("a", waited=9), wish("b"), Past(parted=3, others=1), False),
        (wish("a", waited=10), wish("b"), Past(parted=3, others=1), True),
    ],
)
def test_who_may_meet(a: Waiting, b: Waiting, past: Past, expected: bool) -> None:
    assert may_meet(a, b, past) is expected
    assert may_meet(b, a, past) is expected


@pytest.mark.parametrize(
    "pool",
    [
        Pool("video", "self", "18+"),
        Pool("text", "none", "18+"),
        Pool("text", "self", "16-17"),
        Pool("text", "self", "18+", role="discuss"),
    ],
)
def test_pools_never_mix(pool: Pool) -> None:
    a, b = wish("a", waited=999), wish("b", waited=999)
    assert not may_meet(a, replace(b, ticket=replace(b.ticket, pool=pool)))


def test_one_more_shared_interest_outweighs_any_rarity() -> None:
    me = wish("me", *"abcdefghij")
    nine_rare = affinity(me, wish("b", *"abcdefghi"), {})
    ten_common = affinity(me, wish("c", *"abcdefghij"), dict.fromkeys("abcdefghij", 10**6))
    assert ten_common > nine_rare


def test_rarer_interest_weighs_more() -> None:
    me = wish("me", "tea", "curling")
    wished = {"tea": 50, "curling": 2}
    assert affinity(me, wish("b", "curling"), wished) > affinity(me, wish("c", "tea"), wished)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("chat", "chat", True),
        ("discuss", "discuss", True),
        ("ask", "discuss", True),
        ("ask", "ask", False),
        ("ask", "chat", False),
        ("discuss", "chat", False),
    ],
)
@pytest.mark.parametrize("waited", [0, 999])
def test_which_roles_meet(a: Role, b: Role, expected: bool, waited: float) -> None:
    one = wish("a", pool=replace(POOL, role=a), waited=waited)
    two = wish("b", pool=replace(POOL, role=b), waited=waited)
    assert may_meet(one, two) is expected
    assert may_meet(two, one) is expected


@pytest.mark.parametrize(
    "pool",
    [Pool("text", "none", "18+"), Pool("text", "self", "16-17"), Pool("video", "self", "18+")],
)
@pytest.mark.parametrize("role", ["ask", "discuss"])
def test_roles_of_other_pools_never_mix(pool: Pool, role: Role) -> None:
    elsewhere = wish("elsewhere", pool=replace(pool, role=role), waited=999)
    assert not may_meet(ask(waited=999), elsewhere)
    assert not may_meet(discuss(waited=999), elsewhere)


@pytest.mark.parametrize(
    ("a", "b", "past", "expected"),
    [
        # What one who discusses likes does not concern who asks …
        (ask(), discuss("tea"), Past(), True),
        (ask("tea"), discuss("tea", "go"), Past(), True),
        (ask("tea", waited=10), discuss("go"), Past(), True),
        # … what who asks likes concerns both …
        (ask("tea"), discuss(), Past(), False),
        (ask("tea"), discuss("go"), Past(), False),
        (ask("tea", waited=9.9), discuss("go", waited=99), Past(), False),
        (ask("tea", relaxed=True), discuss("go"), Past(), True),
        # … and those who discuss look for each other as those who chat do.
        (discuss(), other(), Past(), True),
        (discuss("tea"), other("go"), Past(), False),
        (discuss("tea"), other(), Past(), False),
        (discuss("tea"), other("tea"), Past(), True),
        (discuss("tea", waited=10), other("go", waited=10), Past(), True),
        (discuss("tea", waited=10), other("go", waited=10), Past(others=99), True),
        # Languages concern everybody.
        (ask(languages=("en",)), discuss(languages=("es", "en")), Past(), True),
        (ask(languages=("en",)), discuss(languages=("es",)), Past(), False),
        (ask("tea", languages=("en",)), discuss("tea", languages=("es",)), Past(), False),
        (ask(languages=("en",)), discuss(), Past(), True),
        (ask(languages=("en",), waited=30), discuss(languages=("es",)), Past(), True),
        (ask(languages=("en",)), discuss(languages=("es",), waited=30), Past(), True),
        (discuss(languages=("en",)), other(languages=("es",)), Past(), False),
        # So does what they have behind them.
        (ask(), discuss(), Past(blocked=True), False),
        (ask("tea", waited=99), discuss("tea", waited=99), Past(blocked=True), False),
        (discuss(), other(), Past(blocked=True), False),
        (ask(), discuss(), Past(parted=299), False),
        (ask(), discuss(), Past(parted=300), True),
        (ask(waited=1), discuss(), Past(parted=3), True),
        (ask(waited=9), discuss(), Past(parted=3, others=1), False),
        (ask(), discuss(waited=10), Past(parted=3, others=1), True),
    ],
)
def test_who_may_sit_with_one_who_asks(a: Waiting, b: Waiting, past: Past, expected: bool) -> None:
    assert may_meet(a, b, past) is expected
    assert may_meet(b, a, past) is expected


@pytest.mark.parametrize(
    ("asking", "discussing", "short"),
    [
        (0, 0, None),
        (0, 1, None),
        (0, 2, "ask"),
        (0, 9, "ask"),
        (1, 0, "discuss"),
        (1, 1, "discuss"),
        (9, 1, "discuss"),
        (1, 2, None),
        (9, 9, None),
    ],
)
def test_side_that_is_short(asking: int, discussing: int, short: str | None) -> None:
    assert side_short(asking=asking, discussing=discussing) == short
