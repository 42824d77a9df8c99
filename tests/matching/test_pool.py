"""The pool in Redis: whom it prefers, what it keeps, what it costs."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from matching import policy, pool
from matching.pool import waiting_counts
from omegle.lib.redis import Script, sync_client

CLOCK = "local function clock_now() return tonumber(redis.call('GET', 'test:now')) end\n"
PAIR = """
on_pair = function(first, second, common, language)
  return cjson.encode({first.visitor, second.visitor, table.concat(common, ' '), language or ''})
end
"""


@dataclass
class Pool:
    """The pool alone: a pair is just told."""

    db: Any
    now: int = 1_000_000

    def _run(self, body: str, *args: object) -> Any:
        self.db.set("test:now", self.now)
        reply = Script(pool.LUA, PAIR, body, clock=CLOCK).run(sync_client(), *map(str, args))
        return json.loads(reply) if isinstance(reply, str) else reply

    def join(
        self, visitor: str, *interests: str, languages: str = "", pool: str = "text:chat:self:adult"
    ) -> Any:
        return self._run(
            """
            local card = pool_join(ARGV[1], ARGV[2], split(ARGV[3]), split(ARGV[4]), 10000,
              clock_now())
            return card or false
            """,
            *(visitor, pool, "\n".join(interests), languages.replace(" ", "\n")),
        )

    def relax(self, visitor: str) -> Any:
        return self._run("return (pool_relax(ARGV[1], clock_now())) or false", visitor)

    def remove(self, visitor: str) -> None:
        self._run("pool_remove(ARGV[1])", visitor)

    def block(self, a: str, b: str) -> None:
        self._run("pair_block(ARGV[1], ARGV[2], 1000)", a, b)

    def part(self, a: str, b: str) -> None:
        self._run("pair_parted(ARGV[1], ARGV[2], clock_now())", a, b)

    def sweep(self, *, after: float = 0) -> list[str]:
        """Let time pass; give the pairs as `a+b`."""
        self.now += round(after * 1000)
        pairs = self._run(
            """
            local pairs_made = {}
            on_pair = function(first, second)
              pairs_made[#pairs_made + 1] = first.visitor .. '+' .. second.visitor
            end
            pool_sweep(100, clock_now(), function() end)
            return pairs_made
            """
        )
        return list(pairs)


@pytest.fixture
def waiting(redis_db: redis.Redis) -> Pool:
    return Pool(redis_db)


def test_first_of_the_pair_is_who_waited(waiting: Pool) -> None:
    assert waiting.join("a", "tea") is None
    assert waiting.join("b", "go", "tea") == ["a", "b", "tea", ""]


def test_most_shared_interests_come_first(waiting: Pool) -> None:
    waiting.join("one", "tea", "x1", languages="en")
    waiting.join("two", "tea", "go", languages="es")
    waiting.join("three", "go", "x2", languages="fr")
    assert waiting.join("me", "tea", "go", "jazz")[:2] == ["two", "me"]


def test_rarer_interest_comes_first(waiting: Pool) -> None:
    for number in range(5):
        waiting.join(f"past{number}", "tea", languages="ja")
        waiting.remove(f"past{number}")
    waiting.join("common", "tea", languages="en")
    waiting.now += 1000
    waiting.join("rare", "curling", languages="es")
    assert waiting.join("me", "tea", "curling")[:2] == ["rare", "me"]


def test_longest_wait_comes_first_among_equals(waiting: Pool) -> None:
    for name, language in (("late", "es"), ("early", "en")):
        waiting.now += -500 if name == "early" else 500
        waiting.join(name, "tea", languages=language)
    assert waiting.join("me", "tea")[:2] == ["early", "me"]


def test_common_interest_comes_before_a_longer_wait(waiting: Pool) -> None:
    waiting.join("anyone", languages="en")
    waiting.now += 9000
    waiting.join("friend", "tea", languages="es")
    waiting.relax("me")
    assert waiting.join("me", "tea")[:2] == ["friend", "me"]


def test_pools_do_not_mix(waiting: Pool) -> None:
    waiting.join("a", pool="text:chat:self:minor")
    waiting.join("b", pool="video:chat:self:adult")
    assert waiting.join("c") is None


def test_patience_ends(waiting: Pool) -> None:
    waiting.join("a", "tea")
    waiting.join("b", "go")
    assert waiting.sweep(after=9.9) == []
    assert waiting.sweep(after=0.1) == ["a+b"]


def test_relaxed_one_meets_who_takes_anyone(waiting: Pool) -> None:
    waiting.join("a", "tea")
    waiting.join("b")
    assert waiting.relax("a") == ["b", "a", "", ""]


def test_language_wish_is_dropped_after_three_patiences(waiting: Pool) -> None:
    waiting.join("a", languages="en de")
    waiting.join("b", languages="es")
    assert waiting.sweep(after=29.9) == []
    assert waiting.sweep(after=0.1) == ["b+a"]


def test_blocked_pair_is_passed_over(waiting: Pool) -> None:
    waiting.block("a", "me")
    waiting.join("a")
    assert waiting.join("me") is None
    assert waiting.join("b")[:2] == ["a", "b"]


def test_parted_pair_waits_a_second_alone(waiting: Pool) -> None:
    waiting.part("a", "b")
    waiting.join("a")
    assert waiting.join("b") is None
    assert waiting.sweep(after=0.9) == []
    assert waiting.sweep(after=0.1) == ["a+b"]


def test_parted_pair_prefers_a_third(waiting: Pool) -> None:
    waiting.part("a", "me")
    waiting.join("a", languages="en")
    waiting.now += 5000
    waiting.join("third", languages="es")
    assert waiting.join("me")[:2] == ["third", "me"]


def test_more_blocked_ones_than_one_look_hides_nobody_behind_them(waiting: Pool) -> None:
    for number in range(10):
        waiting.block(f"b{number}", "me")
        waiting.join(f"b{number}", "tea", languages=f"x{chr(97 + number)}")
        waiting.now += 1
    waiting.join("friend", "tea", languages="en")
    assert waiting.join("me", "tea")[:2] == ["friend", "me"]


def test_nothing_is_left_of_a_removed_ticket(waiting: Pool, redis_db: Any) -> None:
    waiting.join("a", "tea", "go", languages="en es")
    waiting.remove("a")
    left = {key for key in redis_db.scan_iter() if not key.startswith((b"interest:", b"test:"))}
    assert left == {b"pools"}


def test_counts_are_by_mode_and_role(waiting: Pool) -> None:
    waiting.join("a", languages="en")
    waiting.join("b", languages="es")
    waiting.join("c", pool="text:chat:self:minor")
    waiting.join("d", pool="video:chat:self:adult")
    assert waiting_counts(sync_client()) == {("text", "chat"): 3, ("video", "chat"): 1}


def commands(db: redis.Redis, act: Callable[[], object]) -> int:
    """Give how many commands scripts ran meanwhile."""
    db.config_resetstat()
    act()
    stats = db.info("commandstats")
    return sum(int(stat["calls"]) for name, stat in stats.items() if name != "cmdstat_info")


def test_cost_does_not_grow_with_the_number_waiting(waiting: Pool, redis_db: redis.Redis) -> None:
    """Everybody waits with one interest and a language nobody shares, so all stay."""

    def fill(upto: int, since: int) -> None:
        for number in range(since, upto):
            tag = "".join(chr(97 + number // 26**place % 26) for place in range(3))
            waiting.join(f"v{number}", "tea", languages=tag)

    def one_more() -> None:
        waiting.join("me", "tea", languages="zzzz")
        waiting.remove("me")

    fill(20, 0)
    one_more()  # loads the scripts
    few = commands(redis_db, one_more)
    fill(2000, 20)
    assert commands(redis_db, one_more) == few


def test_rules_in_plain_words_have_the_same_numbers() -> None:
    assert f"POOL_PARTED_MS = {policy.PARTED_SECONDS * 1000:.0f}" in pool.LUA
    assert f"POOL_PARTED_ALONE_MS = {policy.PARTED_ALONE_SECONDS * 1000:.0f}" in pool.LUA
    assert f"POOL_LANGUAGE_PATIENCE = {policy.LANGUAGE_PATIENCE} " in pool.LUA
    assert "1 + 0.09 / wished" in pool.LUA
