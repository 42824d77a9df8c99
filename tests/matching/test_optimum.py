"""What the matching is measured against."""

import random
from functools import cache
from itertools import combinations

import pytest

from benchmarks._optimum import maximum_matching


def most_pairs(graph: list[list[int]]) -> int:
    """Try everything."""

    @cache
    def most(left: frozenset[int]) -> int:
        if not left:
            return 0
        one, rest = min(left), left - {min(left)}
        return max(most(rest), *(1 + most(rest - {v}) for v in graph[one] if v in rest), 0)

    return most(frozenset(range(len(graph))))


@pytest.mark.parametrize("density", [0.12, 0.2, 0.35])
def test_matching_is_as_large_as_any(density: float) -> None:
    chance = random.Random(density)
    for _ in range(300):
        size = chance.randint(2, 13)
        graph: list[list[int]] = [[] for _ in range(size)]
        for a, b in combinations(range(size), 2):
            if chance.random() < density:
                graph[a].append(b)
                graph[b].append(a)
        mate = maximum_matching(graph)
        matched = [v for v in range(size) if mate[v] >= 0]
        assert all(mate[mate[v]] == v and mate[v] in graph[v] for v in matched)
        assert len(matched) == 2 * most_pairs(graph)
