"""The pool in Redis: whom it prefers, what it keeps, what it costs."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest
import redis

from matching import policy, pool, tickets
from matching.policy import Past, Waiting, may_meet
from matching.pool import waiting_counts, waits_expected
from omegle.lib.redis import Script, sync_client

ASK, DISCUSS = "text:ask:self:18+:open", "text:discuss:self:18+:open"
CLOCK = "local function clock_now() return tonumber(redis.call('GET', 'test:now')) end\n"
PAIR = """
on_pair = function(first, second, common, language)
  return cjson.encode({first.visitor, second.visitor, table.concat(common, ' '), language or ''})
end
on_triple = function(asker, first, second, common, language, all_common, all_language)
  return cjson.encode({asker.visitor, first.visitor, second.visitor, table.concat(common, ' '),
    language or '', table.concat(all_common, ' '), all_language or '', asker.carry})
end
"""


@dataclass
class Pool:
    """The pool alone: who would sit together is just told."""

    db: Any
    now: int = 1_000_000

    def _run(self, body: str, *args: object) -> Any:
        self.db.set("test:now", self.now)
        reply = Script(pool.LUA, PAIR, body, clock=CLOCK).run(sync_client(), *map(str, args))
        return json.loads(reply) if isinstance(reply, str) else reply

    def join(
        self,
        visitor: str,
        *interests: str,
        languages: str = "",
        pool: str = "text:chat:self:18+:open",
        carry: str = "",
    ) -> Any:
        return self._run(
            """
            local card = pool_join(ARGV[1], ARGV[2], split(ARGV[3]), split(ARGV[4]), 10000,
              clock_now(), false, ARGV[5])
            return card or false
            """,
            *(visitor, pool, "\n".join(interests), languages.replace(" ", "\n"), carry),
        )

    def ask(self, visitor: str, *interests: str, **fields: str) -> Any:
        return self.join(visitor, *interests, pool=ASK, **fields)

    def discuss(self, visitor: str, *interests: str, **fields: str) -> Any:
        return self.join(visitor, *interests, pool=DISCUSS, **fields)

    def fill(self, people: dict[str, tuple[str, str, str]]) -> None:
        """Let many wait whom nobody pairs, one after the other: {visitor: (pool, interests,
        languages)}."""
        for start in range(0, len(people), 500):
            part = list(people.items())[start : start + 500]
            self._run(
                """
                pool_closed = true
                for at = 1, #ARGV, 4 do
                  pool_join(ARGV[at], ARGV[at + 1], split(ARGV[at + 2]), split(ARGV[at + 3]), 10000,
                    clock_now() + at)
                end
                redis.call('DEL', 'tickets:due')
                """,
                *(
                    item
                    for visitor, (pool, interests, languages) in part
                    for item in (
                        *(visitor, pool),
                        *(interests.replace(" ", "\n"), languages.replace(" ", "\n")),
                    )
                ),
            )
            self.now += 2000

    def relax(self, visitor: str) -> Any:
        return self._run("return (pool_relax(ARGV[1], clock_now())) or false", visitor)

    def remove(self, visitor: str) -> None:
        self._run("pool_remove(ARGV[1])", visitor)

    def block(self, a: str, b: str) -> None:
        self._run("pair_block(ARGV[1], ARGV[2], 1000)", a, b)

    def part(self, a: str, b: str) -> None:
        self._run("pair_parted(ARGV[1], ARGV[2], clock_now())", a, b)

    def sweep(self, *, after: float = 0) -> list[str]:
        """Let time pass; give who would sit together as `a+b` or `asker+a+b`."""
        self.now += round(after * 1000)
        pairs = self._run(
            """
            local pairs_made = {}
            on_pair = function(first, second)
              pairs_made[#pairs_made + 1] = first.visitor .. '+' .. second.visitor
            end
            on_triple = function(asker, first, second)
              pairs_made[#pairs_made + 1] = asker.visitor .. '+' .. first.visitor .. '+'
                .. second.visitor
            end
            pool_sweep(100, 9e15, clock_now(), function() end)
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
    waiting.join("a", pool="text:chat:self:16-17:open")
    waiting.join("b", pool="video:chat:self:18+:open")
    assert waiting.join("c") is None


def test_patience_ends(waiting: Pool) -> None:
    waiting.join("a", "tea")
    waiting.join("b", "go")
    assert waiting.sweep(after=9.9) == []
    assert waiting.sweep(after=0.1) == ["a+b"]


def crowded(waiting: Pool) -> None:
    """Let so many wait that it is worth hoping for another one; nobody here may meet them."""
    for number in range(policy.FEW + 1):
        waiting.join(f"late{number}", f"own{number}", languages="zz")


def test_two_of_many_linger_before_they_take_each_other(waiting: Pool) -> None:
    waiting.join("a", "tea", languages="en")
    waiting.join("b", "go", languages="en")
    waiting.now += 5000
    crowded(waiting)
    assert waiting.sweep(after=5) == []
    assert waiting.sweep(after=2.4) == []
    assert waiting.sweep(after=0.1) == ["b+a"]


def test_one_who_lingers_meets_at_once_who_takes_anyone_or_shares_an_interest(
    waiting: Pool,
) -> None:
    for name, interest in (("a", "tea"), ("b", "go"), ("c", "jazz")):
        waiting.join(name, interest, languages="en")
    waiting.now += 5000
    crowded(waiting)
    assert waiting.sweep(after=5) == []
    assert waiting.join("friend", "jazz")[:2] == ["c", "friend"]
    assert waiting.join("anyone")[:2] == ["a", "anyone"]
    assert waiting.join("another", "curling") is None
    assert waiting.relax("another")[:2] == ["b", "another"]


def test_of_those_who_linger_comes_first_who_has_least_to_hope_for(waiting: Pool) -> None:
    for number in range(5):
        waiting.join(f"past{number}", "tea", languages="ja")
        waiting.remove(f"past{number}")
    waiting.join("hopeful", "tea", languages="en")
    waiting.now += 100
    waiting.join("hopeless", "curling", languages="en")
    waiting.now += 5000
    crowded(waiting)
    assert waiting.sweep(after=5) == []
    assert waiting.join("me")[:2] == ["hopeless", "me"]


def test_parted_ones_who_linger_may_meet(waiting: Pool) -> None:
    waiting.part("a", "me")
    waiting.join("a", "tea", languages="en")
    waiting.now += 5000
    crowded(waiting)
    assert waiting.sweep(after=5) == []
    assert waiting.join("me", languages="en")[:2] == ["a", "me"]


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
    waiting.join("c", pool="text:chat:self:16-17:open")
    waiting.join("d", pool="video:chat:self:18+:open")
    assert waiting_counts(sync_client()) == {("text", "chat"): 3, ("video", "chat"): 1}


def test_three_are_found_whoever_comes_last(waiting: Pool) -> None:
    people = {"asker": waiting.ask, "one": waiting.discuss, "two": waiting.discuss}
    for last in people:
        for name in people.keys() - {last}:
            assert people[name](name) is None
        assert sorted(people[last](last)[:3]) == ["asker", "one", "two"]


def test_room_of_three_has_what_they_share_and_what_is_carried(waiting: Pool) -> None:
    waiting.discuss("one", "tea", "go", "jazz", languages="en es")
    waiting.now += 1
    waiting.discuss("two", "jazz", "tea", languages="es en")
    assert waiting.ask("asker", "tea", languages="es", carry='1\n"text"') == [
        *("asker", "one", "two"),
        *("tea jazz", "en", "tea", "es"),
        '1\n"text"',
    ]


def test_two_who_discuss_wait_without_a_question(waiting: Pool) -> None:
    assert waiting.discuss("one") is None
    assert waiting.discuss("two") is None
    assert waiting.sweep(after=100) == []


def test_asker_is_not_one_of_the_two(waiting: Pool) -> None:
    waiting.ask("asker")
    waiting.ask("another")
    waiting.join("chatting")
    assert waiting.discuss("one") is None


def test_those_who_discuss_with_a_common_interest_come_first(waiting: Pool) -> None:
    waiting.discuss("early", languages="en")
    waiting.now += 9000
    waiting.discuss("one", "tea", languages="en")
    waiting.discuss("two", "tea", languages="en")
    assert waiting.ask("asker")[:3] == ["asker", "one", "two"]


def test_partner_with_most_shared_interests_comes_first(waiting: Pool) -> None:
    waiting.discuss("one", "tea", languages="es")
    waiting.now += 1000
    waiting.discuss("two", "tea", "go", languages="en")
    waiting.ask("asker")
    assert waiting.discuss("me", "tea", "go")[:3] == ["asker", "two", "me"]


def test_two_who_waited_longest_come_first_among_equals(waiting: Pool) -> None:
    for name in ("first", "second", "third", "fourth"):
        waiting.discuss(name)
        waiting.now += 10
    assert waiting.ask("asker")[:3] == ["asker", "first", "second"]
    assert waiting.ask("another")[:3] == ["another", "third", "fourth"]


def test_askers_have_their_turn_by_how_long_they_wait(waiting: Pool) -> None:
    for name in ("first", "second", "third"):
        waiting.ask(name)
        waiting.now += 10
    served: list[str] = []
    for number in range(6):
        found = waiting.discuss(f"d{number}", languages="en" if number < 4 else "es")
        served += found[:1] if found else []
    assert served == ["first", "second", "third"]


def test_asker_nobody_may_sit_with_keeps_nobody_from_the_next(waiting: Pool) -> None:
    waiting.ask("first", languages="ja")
    waiting.now += 10
    waiting.ask("second", "curling")
    waiting.now += 10
    waiting.ask("third")
    waiting.discuss("one", languages="en")
    assert waiting.discuss("two", languages="en")[:3] == ["third", "one", "two"]


def test_patience_of_an_asker_ends(waiting: Pool) -> None:
    waiting.discuss("one")
    waiting.discuss("two")
    assert waiting.ask("asker", "tea") is None
    assert waiting.sweep(after=9.9) == []
    assert waiting.sweep(after=0.1) == ["asker+one+two"]


def test_one_who_discusses_and_relaxes_is_seated(waiting: Pool) -> None:
    waiting.ask("asker")
    waiting.discuss("one")
    waiting.now += 1
    assert waiting.discuss("two", "tea") is None
    assert waiting.relax("two")[:3] == ["asker", "one", "two"]


@pytest.mark.parametrize("apart", [("asker", "one"), ("asker", "two"), ("one", "two")])
@pytest.mark.parametrize("last", ["asker", "one", "two"])
def test_no_two_of_the_three_have_blocked_each_other(
    waiting: Pool, apart: tuple[str, str], last: str
) -> None:
    waiting.block(*apart)
    people = {"asker": waiting.ask, "one": waiting.discuss, "two": waiting.discuss}
    for name in sorted(people, key=last.__eq__):
        assert people[name](name) is None
    assert waiting.sweep(after=100) == []


@pytest.mark.parametrize("apart", [("asker", "one"), ("asker", "two"), ("one", "two")])
def test_parted_ones_wait_a_second_alone(waiting: Pool, apart: tuple[str, str]) -> None:
    waiting.part(*apart)
    waiting.discuss("one")
    waiting.discuss("two")
    assert waiting.ask("asker") is None
    assert waiting.sweep(after=0.9) == []
    assert waiting.sweep(after=0.1) == ["asker+one+two"]


def test_parted_ones_wait_longer_while_others_are_there(waiting: Pool) -> None:
    waiting.part("one", "two")
    waiting.ask("foreign", languages="ja")
    waiting.discuss("one", languages="en")
    waiting.discuss("two", languages="en")
    assert waiting.ask("asker", languages="en") is None
    assert waiting.sweep(after=9.9) == []
    assert waiting.sweep(after=0.1) == ["asker+one+two"]


def test_parted_ones_come_after_everybody_else(waiting: Pool) -> None:
    waiting.part("asker", "one")
    waiting.discuss("one", "tea")
    waiting.now += 20_000
    waiting.discuss("two", "tea", languages="en")
    waiting.discuss("three", "tea", languages="es en")
    assert sorted(waiting.ask("asker")[:3]) == ["asker", "three", "two"]


def test_asker_whom_many_cannot_meet_hides_no_two_behind_them(waiting: Pool) -> None:
    """Two who name no language look among all, where those of another language come first."""
    for number in range(100):
        waiting.discuss(f"es{number}", languages="es")
        waiting.now += 1
    waiting.discuss("one")
    waiting.discuss("two")
    assert sorted(waiting.ask("asker", languages="ja")[:3]) == ["asker", "one", "two"]


def test_many_whom_the_asker_cannot_meet_hide_no_partner(waiting: Pool) -> None:
    for number in range(100):
        waiting.discuss(f"es{number}", languages="es")
        waiting.now += 1
    waiting.discuss("one", languages="ja")
    waiting.ask("asker", languages="ja")
    assert waiting.discuss("me")[:3] == ["asker", "one", "me"]


def test_many_askers_whom_nobody_understands_hide_none(waiting: Pool) -> None:
    for number in range(40):
        waiting.ask(f"ja{number}", languages="ja")
        waiting.now += 1
    waiting.ask("asker", languages="es")
    waiting.discuss("one", languages="es")
    assert waiting.discuss("me", languages="es en")[:3] == ["asker", "one", "me"]


def test_nothing_is_left_of_three_who_were_seated(waiting: Pool, redis_db: Any) -> None:
    waiting.ask("asker", "tea", "go", languages="en es")
    waiting.discuss("one", "tea", languages="en")
    waiting.discuss("two", "tea", "jazz", languages="es en")
    kept = (b"interest:", b"test:", b"waits:")
    left = {key for key in redis_db.scan_iter() if not key.startswith(kept)}
    assert left == {b"pools"}


def test_waits_expected_are_those_of_lately_and_of_who_waits(
    waiting: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_waits", pool._waits.with_clock(CLOCK))
    assert waits_expected(sync_client()) == {"ask": None, "discuss": None}
    waiting.discuss("one")
    waiting.now += 6000
    waiting.discuss("two")
    waiting.now += 2000
    waiting.ask("asker")
    assert waits_expected(sync_client()) == {"ask": 0, "discuss": 5}
    waiting.discuss("three")
    waiting.sweep(after=4)
    assert waits_expected(sync_client()) == {"ask": 0, "discuss": 5}
    waiting.sweep(after=26)
    assert waits_expected(sync_client()) == {"ask": 0, "discuss": 30}


def test_waits_of_long_ago_are_forgotten(waiting: Pool, redis_db: Any) -> None:
    for number in range(30):
        waiting.discuss(f"one{number}")
        waiting.discuss(f"two{number}")
        waiting.ask(f"asker{number}")
    for key in ("waits:ask", "waits:discuss"):
        assert redis_db.llen(key) == 20
        assert 0 < redis_db.ttl(key) <= 900


@dataclass
class Scene:
    """A few who ask and discuss, in Redis and as the rule in plain words has them."""

    waiting: Pool
    random: random.Random
    queue: dict[str, tuple[tickets.Ticket, int]] = field(default_factory=dict)
    relaxed: set[str] = field(default_factory=set)
    blocked: set[frozenset[str]] = field(default_factory=set)
    parted: set[frozenset[str]] = field(default_factory=set)
    found: int = 0

    def play(self, *, people: int, steps: int) -> None:
        names = [f"v{number}" for number in range(people)]
        pairs = [frozenset(pair) for pair in combinations(names, 2)]
        self.blocked = set(self.random.sample(pairs, len(pairs) // 6))
        self.parted = set(self.random.sample(pairs, len(pairs) // 6))
        for a, b in map(sorted, self.blocked):
            self.waiting.block(a, b)
        for a, b in map(sorted, self.parted):
            self.waiting.part(a, b)
        for _ in range(steps):
            self._pass_time(self.random.choice((1, 1, 2, 5, 9)))
            self._seat(self._act(self.random.choice(names)))
            self._check_nobody_left()

    def _act(self, name: str) -> list[str] | None:
        """Let somebody join or take anyone; give who is seated then."""
        if name in self.queue:
            self.relaxed.add(name)
            return self._names(self.waiting.relax(name))
        role: tickets.Role = self.random.choice(("ask", "discuss", "discuss"))
        ticket = tickets.Ticket(
            name,
            tickets.Pool("text", "self", "18+", role),
            tuple(self.random.sample(("tea", "go", "jazz"), self.random.choice((0, 1, 2)))),
            tuple(self.random.sample(("en", "es", "ja"), self.random.choice((0, 1, 2)))),
        )
        self.queue[name] = ticket, self.waiting.now
        return self._names(
            self.waiting.join(
                name,
                *ticket.interests,
                languages=" ".join(ticket.languages),
                pool=ticket.pool.name,
            )
        )

    def _pass_time(self, seconds: int) -> None:
        """Sweep second by second, so that nobody's wish is wider than Redis knows."""
        for _ in range(seconds):
            for three in self.waiting.sweep(after=1):
                self._seat(three.split("+"))

    def _seat(self, three: list[str] | None) -> None:
        if three:
            assert set(three) in self._may_sit(), f"{three} of {self.queue}"
            assert [self.queue[name][0].pool.role for name in three] == [
                "ask",
                "discuss",
                "discuss",
            ]
            for name in three:
                del self.queue[name]
            self.relaxed -= set(three)
            self.found += 1

    def _check_nobody_left(self) -> None:
        assert not list(self._may_sit(parted_late=True)), f"left waiting: {self.queue}"

    def _may_sit(self, *, parted_late: bool = False) -> Iterator[set[str]]:
        """Give every three who may. `parted_late`: those parted only once all have waited."""
        for three in combinations(self.queue, 3):
            people = [self._one(name) for name in three]
            if [one.ticket.pool.role for one in people].count("ask") == 1 and all(
                may_meet(a, b, self._past(a, b))
                and not (parted_late and self._is_parted(a, b) and self._is_early(people))
                for a, b in combinations(people, 2)
            ):
                yield set(three)

    def _one(self, name: str) -> Waiting:
        ticket, since = self.queue[name]
        return Waiting(ticket, (self.waiting.now - since) / 1000, name in self.relaxed)

    def _past(self, a: Waiting, b: Waiting) -> Past:
        return Past(
            blocked=frozenset((a.ticket.visitor, b.ticket.visitor)) in self.blocked,
            parted=(self.waiting.now - 1_000_000) / 1000 if self._is_parted(a, b) else None,
            others=len(self.queue) - 3,
        )

    def _is_parted(self, a: Waiting, b: Waiting) -> bool:
        return frozenset((a.ticket.visitor, b.ticket.visitor)) in self.parted

    @staticmethod
    def _is_early(people: list[Waiting]) -> bool:
        return min(one.waited for one in people) < people[0].ticket.patience

    @staticmethod
    def _names(card: Any) -> list[str] | None:
        return card[:3] if card else None


@pytest.mark.parametrize("seed", range(12))
def test_three_sit_together_exactly_when_the_rule_lets_them(waiting: Pool, seed: int) -> None:
    scene = Scene(waiting, random.Random(seed))
    scene.play(people=12, steps=60)
    assert scene.found > 3


@pytest.mark.parametrize("seed", range(8))
def test_two_chat_exactly_when_the_rule_lets_them(waiting: Pool, seed: int) -> None:
    """Many who come faster than they leave: some linger, some relax, few share an interest."""
    chance = random.Random(seed)
    queue: dict[str, tuple[tickets.Ticket, int]] = {}
    relaxed: set[str] = set()
    lingered = 0

    def one(name: str) -> Waiting:
        ticket, since = queue[name]
        return Waiting(ticket, (waiting.now - since) / 1000, name in relaxed)

    def seat(first: str, second: str) -> None:
        past = Past(others=len(queue) - 2)
        assert may_meet(one(first), one(second), past), (one(first), one(second), past)
        del queue[first], queue[second]

    for number in range(150):
        for pair in waiting.sweep(after=chance.choice((0.1, 0.2, 0.5))):
            seat(*pair.split("+"))
        ticket = tickets.Ticket(
            f"v{number}",
            tickets.Pool("text", "self", "18+"),
            tuple(chance.sample([f"i{n}" for n in range(150)], chance.choice((0, 1, 1, 2, 2, 3)))),
            tuple(chance.sample(("en", "es"), chance.choice((0, 1)))),
        )
        queue[ticket.visitor] = ticket, waiting.now
        speaks = " ".join(ticket.languages)
        card = waiting.join(ticket.visitor, *ticket.interests, languages=speaks)
        if card:
            seat(*card[:2])
        if queue and chance.random() < 0.1:
            name = chance.choice(sorted(queue))
            if not one(name).takes_anyone:
                relaxed.add(name)
            card = waiting.relax(name)
            if card:
                seat(*card[:2])
        people = [one(name) for name in queue]
        lingered += sum(each.lingers for each in people)
        for a, b in combinations(people, 2):
            assert not may_meet(a, b, Past(others=policy.FEW + 1)), f"left waiting: {a}, {b}"
    assert lingered > 10


def commands(db: redis.Redis, act: Callable[[], object]) -> int:
    """Give how many commands scripts ran meanwhile."""
    db.config_resetstat()
    act()
    stats = db.info("commandstats")
    return sum(int(stat["calls"]) for name, stat in stats.items() if name != "cmdstat_info")


def indexes(db: redis.Redis) -> set[str]:
    """Give the indexes in which anybody stands."""
    return {key.decode() for key in db.scan_iter("pool:*")}


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


def test_second_look_moves_a_ticket_only_to_where_its_wish_widens(
    waiting: Pool, redis_db: redis.Redis
) -> None:
    """It stands in 65 indexes by then: each taste under each tongue, those who linger, and all."""
    tastes = [f"t{chr(97 + number)}" for number in range(10)]
    waiting.join("me", *tastes, languages="ja ko th vi zh")
    before = indexes(redis_db)
    waiting.sweep()
    assert commands(redis_db, lambda: waiting.sweep(after=10)) < 90
    assert indexes(redis_db) - before == {
        f"pool:text:chat:self:18+:open:soon:{tongue}"
        for tongue in ("*", "ja", "ko", "th", "vi", "zh")
    }
    waiting.sweep(after=20)
    tongues = {key.split(":")[7] for key in indexes(redis_db) if ":i:" in key}
    assert tongues == {"*", "-"}
    waiting.remove("me")
    assert indexes(redis_db) == set()
    assert redis_db.zcard("tickets:due") == 0


def test_wide_wish_sees_less_of_each_index(waiting: Pool, redis_db: redis.Redis) -> None:
    tastes = [f"t{chr(97 + number)}" for number in range(10)]
    for taste in tastes:
        for number in range(16):
            waiting.join(f"{taste}{number}", taste, languages=f"x{chr(97 + number)}")
    sought = """
        local ticket = {visitor = 'me', interests = split(ARGV[1]), wishes = {}, stands = {}}
        for at = 1, #ticket.interests do
          ticket.wishes[at] = 1
        end
        return #(candidates_find(ticket, 'text:chat:self:18+:open', false, {'*'}))
    """
    assert waiting._run(sought, tastes[0]) == 16
    assert waiting._run(sought, "\n".join(tastes)) == 60


def test_sweep_does_a_part_and_says_that_there_is_more(
    waiting: Pool, redis_db: redis.Redis
) -> None:
    for number in range(40):
        waiting.join(f"v{number}", "tea", "go", languages=f"l{number}")
    waiting.now += 10_000
    left = [40]
    while left[-1]:
        cost = commands(
            redis_db,
            lambda: waiting._run("return pool_sweep(100, 50, clock_now(), function() end) and 1"),
        )
        assert cost < 120
        left.append(redis_db.zcount("tickets:due", 0, waiting.now))
    assert len(left) > 10
    assert left == sorted(set(left), reverse=True)


@pytest.mark.parametrize(
    ("few", "interests", "languages"),
    [
        (20, ("", ""), ("en", "ja")),
        (20, ("tea go", "tea go"), ("en", "ja")),
        (20, ("tea", "jazz"), ("", "")),
        # These all block each other: as many are weighed as a search weighs at most.
        (200, ("", ""), ("", "")),
        (200, ("tea go", "tea go"), ("en es", "en es")),
    ],
)
def test_cost_of_seeking_two_does_not_grow_with_the_number_waiting(
    waiting: Pool,
    redis_db: redis.Redis,
    few: int,
    interests: tuple[str, str],
    languages: tuple[str, str],
) -> None:
    def crowd(since: int, upto: int) -> dict[str, tuple[str, str, str]]:
        roles = list(zip((DISCUSS, ASK), "da", interests, languages, strict=True))
        return {
            f"{letter}{number}": (role, likes, speaks)
            for number in range(since, upto)
            for role, letter, likes, speaks in roles
        }

    def seek() -> None:
        for role, likes, speaks in zip((DISCUSS, ASK), interests, languages, strict=True):
            card = waiting.join("me", *likes.split(), languages=speaks, pool=role)
            assert card is None
            waiting.remove("me")

    first = crowd(0, few)
    waiting.fill(first)
    if few > 20:
        for name in first:
            redis_db.sadd(f"blocked:{name}", *first)
    seek()  # loads the scripts
    at_first = commands(redis_db, seek)
    waiting.fill(crowd(few, 2000))
    assert commands(redis_db, seek) == at_first
    assert at_first < 1500


def test_rules_in_plain_words_have_the_same_numbers() -> None:
    assert f"POOL_PARTED_MS = {policy.PARTED_SECONDS * 1000:.0f}" in pool.LUA
    assert f"POOL_PARTED_ALONE_MS = {policy.PARTED_ALONE_SECONDS * 1000:.0f}" in pool.LUA
    assert f"POOL_LANGUAGE_PATIENCE = {policy.LANGUAGE_PATIENCE} " in pool.LUA
    assert f"POOL_LINGER_PATIENCE = {policy.LINGER_PATIENCE} " in pool.LUA
    assert f"POOL_FEW = {policy.FEW} " in pool.LUA
    assert "1 + 0.09 / wished" in pool.LUA
