"""What nobody can beat: the most pairs there are in a graph of who might meet whom."""

from collections import deque
from collections.abc import Sequence


def maximum_matching(graph: Sequence[Sequence[int]]) -> list[int]:
    """Give each vertex its mate, or -1, in a matching with as many edges as any has.

    Edmonds' blossoms (Canad. J. Math. 17, 1965), after a greedy start. A tree from which no free
    vertex is reached is left out for good: no later path goes through it.
    """
    mate = [-1] * len(graph)
    for one in sorted(range(len(graph)), key=lambda v: len(graph[v])):
        if mate[one] < 0:
            free = [other for other in graph[one] if mate[other] < 0]
            if free:
                other = min(free, key=lambda v: len(graph[v]))
                mate[one], mate[other] = other, one
    spent = [False] * len(graph)
    for root in range(len(graph)):
        if mate[root] < 0 and not spent[root]:
            for vertex in _Tree(graph, mate, spent, root).grow():
                spent[vertex] = True
    return mate


class _Tree:
    """The alternating tree from a free vertex; who is at an even distance is outer."""

    def __init__(
        self, graph: Sequence[Sequence[int]], mate: list[int], spent: list[bool], root: int
    ) -> None:
        self.graph, self.mate, self.spent, self.root = graph, mate, spent, root
        self.parent: dict[int, int] = {}
        self.shrunk: dict[int, int] = {}
        self.seen, self.outer, self.queue = {root}, {root}, deque([root])

    def grow(self) -> set[int]:
        """Match the root by a path to a free vertex; where there is none, give the whole tree."""
        while self.queue:
            one = self.queue.popleft()
            for other in self.graph[one]:
                if self.spent[other] or self.mate[one] == other:
                    continue
                if other not in self.seen:
                    self.parent[other] = one
                    if self.mate[other] < 0:
                        self._flip(other)
                        return set()
                    self.seen |= {other, self.mate[other]}
                    self._make_outer(self.mate[other])
                elif other in self.outer and self._base(one) != self._base(other):
                    base = self._meeting(one, other)
                    self._shrink(one, base, other)
                    self._shrink(other, base, one)
        return self.seen

    def _make_outer(self, vertex: int) -> None:
        if vertex not in self.outer:
            self.outer.add(vertex)
            self.queue.append(vertex)

    def _base(self, vertex: int) -> int:
        base = vertex
        while base in self.shrunk:
            base = self.shrunk[base]
        while vertex != base:
            self.shrunk[vertex], vertex = base, self.shrunk[vertex]
        return base

    def _meeting(self, one: int, other: int) -> int:
        """Give where their ways to the root meet."""
        way = {one := self._base(one)}
        while one != self.root:
            one = self._base(self.parent[self.mate[one]])
            way.add(one)
        other = self._base(other)
        while other not in way:
            other = self._base(self.parent[self.mate[other]])
        return other

    def _shrink(self, vertex: int, base: int, child: int) -> None:
        while self._base(vertex) != base:
            self.parent[vertex], child = child, self.mate[vertex]
            self._make_outer(vertex)
            self._make_outer(child)
            above = self.parent[child]
            for each in (self._base(vertex), self._base(child)):
                if each != base:
                    self.shrunk[each] = base
            vertex = above

    def _flip(self, end: int) -> None:
        while end >= 0:
            one = self.parent[end]
            following = self.mate[one]
            self.mate[end], self.mate[one] = one, end
            end = following
