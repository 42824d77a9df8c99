"""Strangers of different pools never meet: ten thousand wishes, against Redis itself."""

import itertools
import json
import random
from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest

from matching import pool
from matching.tickets import Lane, Level, Mode, Pool, Role
from omegle.lib.redis import Script, sync_client

JOINS, AT_ONCE = 10_000, 500
BANDS = ("13-15", "16-17", "18-24", "25+", "18+")
POOLS = [
    Pool(mode, level, band, role, lane)
    for mode, level, band, role, lane in itertools.product(
        get_args(Mode), get_args(Level), BANDS, get_args(Role), get_args(Lane)
    )
    if mode == "text" or role == "chat"
]
INTERESTS = ("", "", "tea", "go", "tea\ngo")
LANGUAGES = ("", "", "en", "es", "en\nes")

# Each step is a wish, or somebody who waits gives up, takes anyone, or is moved as chat moves them.
LIVE = """
local met, now = {}, 1000000
on_pair = function(first, second)
  met[#met + 1] = {first.visitor, second.visitor}
end
on_triple = function(asker, first, second)
  met[#met + 1] = {asker.visitor, first.visitor, second.visitor}
end
for at = 2, #ARGV, 5 do
  now = tonumber(ARGV[1]) + at * 10
  local what, visitor = ARGV[at], ARGV[at + 1]
  if what == 'join' then
    pool_join(visitor, ARGV[at + 2], split(ARGV[at + 3]), split(ARGV[at + 4]), 10000, now)
  elseif what == 'relax' then
    pool_relax(visitor, now)
  else
    pool_remove(visitor)
  end
  pool_sweep(20, 1000, now, function() end)
end
return cjson.encode(met)
"""


@pytest.mark.usefixtures("redis_db")
def test_no_wish_of_ten_thousand_crosses_a_pool() -> None:
    chance = random.Random(20_261)
    wishes = {f"v{number}": chance.choice(POOLS) for number in range(JOINS)}
    script = Script(pool.LUA, LIVE)
    rooms: list[list[str]] = []
    names = list(wishes)
    for start in range(0, JOINS, AT_ONCE):
        steps: list[str] = []
        for number in range(start, start + AT_ONCE):
            name = names[number]
            steps += ["join", name, wishes[name].name]
            steps += [chance.choice(INTERESTS), chance.choice(LANGUAGES)]
            if chance.random() < 0.2:
                other = chance.choice(names[: number + 1])
                steps += [chance.choice(("relax", "remove")), other, "", "", ""]
        reply = script.run(sync_client(), 1_000_000 + start * 100, *steps)
        rooms += json.loads(reply) if reply != "{}" else []
    roles = Counter(tuple(sorted(wishes[name].role for name in room)) for room in rooms)
    assert set(roles) == {("chat", "chat"), ("ask", "discuss", "discuss")}
    assert roles["chat", "chat"] > 2000
    assert roles["ask", "discuss", "discuss"] > 200
    for room in rooms:
        kinds = {replace(wishes[name], role="chat") for name in room}
        assert len(kinds) == 1, room
    assert {replace(wishes[room[0]], role="chat") for room in rooms} == {
        replace(each, role="chat") for each in POOLS
    }, "people met in every pool"


def test_every_pool_has_a_name_of_its_own() -> None:
    assert len({each.name for each in POOLS}) == len(POOLS)
