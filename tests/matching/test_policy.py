"""The pairing rule, as a table."""

from dataclasses import replace

import pytest

from matching.policy import Past, Waiting, affinity, may_meet
from matching.tickets import Pool, Ticket

POOL = Pool("text", "self", "adult")


def wish(
    visitor: str,
    *interests: str,
    languages: tuple[str, ...] = (),
    waited: float = 0,
    **fields: bool,
) -> Waiting:
    ticket = Ticket(visitor, POOL, interests, languages, patience=10)
    return Waiting(ticket, waited, **fields)


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
        (wish("a", waited=9), wish("b"), Past(parted=3, others_wait=True), False),
        (wish("a", waited=10), wish("b"), Past(parted=3, others_wait=True), True),
    ],
)
def test_who_may_meet(a: Waiting, b: Waiting, past: Past, expected: bool) -> None:
    assert may_meet(a, b, past) is expected
    assert may_meet(b, a, past) is expected


@pytest.mark.parametrize(
    "pool",
    [
        Pool("video", "self", "adult"),
        Pool("text", "none", "adult"),
        Pool("text", "self", "minor"),
        Pool("text", "self", "adult", role="discuss"),
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
