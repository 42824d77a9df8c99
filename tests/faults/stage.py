"""Stories of faults, told side by side: most of their time is waiting, each on what it promises.

A story is a test whose body runs in a lane: a cluster of its own with a loop of its own thread. The
stories of one lane follow each other in the order of the tests, or run at once where they leave
each other alone. The test itself only waits for the outcome.

What happens on the network is told of each class that speaks WebSocket, in a lane of its own. In
the other lanes one process has the default and the other uvicorn's class, so that both are killed,
drained and cut off from Redis in the same time.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from tests.faults.cluster import NO_LIMITS, WEB, Cluster, running

Tell = Callable[[Cluster], Awaitable[None]]

STORY_SECONDS = 75
# The start of all lanes at once, on a busy machine.
_START_SECONDS = 60


def shifted(seconds: int) -> tuple[str, ...]:
    """Give the command of a web process whose clock is off by so much."""
    return (WEB[0], "-m", "tests.faults.shifted", str(seconds))


@dataclass(frozen=True)
class Lane:
    webs: dict[str, tuple[tuple[str, ...], dict[str, str]]]
    at_once: bool
    # The lane that ends before this one begins, so that the machine is not too busy.
    after: str = ""


_FAST = NO_LIMITS | {"PATIENCE": "600", "DRAIN_SECONDS": "5"}
_VIDEO = {
    "VIDEO": "relay",
    "TURN_URLS": "turn:turn.example.org",
    "TURN_SECRET": "s",
    "TURN_RELAYS": "203.0.113.7",
}
_SANSIO = {"WS_PROTOCOL": "websockets-sansio"}


def _network(after: str = "", **given: str) -> Lane:
    return Lane(
        {
            "a": (WEB, _FAST | _VIDEO | given),
            "b": (WEB, _FAST | _VIDEO | given),
            "late": (shifted(-60), {"PATIENCE": "600"} | given),
        },
        at_once=True,
        after=after,
    )


LANES = {
    "network": _network(),
    "processes": Lane({"a": (WEB, _FAST), "b": (WEB, _FAST | _SANSIO)}, at_once=False),
    "redis": Lane({"a": (WEB, _FAST), "b": (WEB, _FAST | _SANSIO)}, at_once=False),
    "network-sansio": _network(after="redis", **_SANSIO),
}


def story(*lanes: str) -> Callable[[Tell], Callable[["Stage", str], None]]:
    """Make a test of a story that is told in each of these lanes."""
    assert LANES.keys() >= set(lanes)

    def make(tell: Tell) -> Callable[["Stage", str], None]:
        def test(stage: "Stage", lane: str) -> None:
            seconds = stage.outcome(lane, tell)
            print(f"{seconds:.1f} s from its beginning to its end")

        test.__name__ = test.__qualname__ = tell.__name__
        test.__module__, test.__doc__ = tell.__module__, tell.__doc__
        vars(test)["story"] = tell
        return pytest.mark.parametrize("lane", lanes)(test)

    return make


class Stage:
    """Runs the stories that were asked for, from the first test on."""

    def __init__(self, stories: Iterable[tuple[str, Tell]]) -> None:
        self._lanes: dict[str, list[Tell]] = {}
        self._outcomes: dict[tuple[str, Tell], Future[float]] = {}
        for lane, tell in stories:
            self._lanes.setdefault(lane, []).append(tell)
            self._outcomes[lane, tell] = Future()
        self._threads = {
            name: threading.Thread(target=self._run_lane, args=(name, tells), name=name)
            for name, tells in sorted(self._lanes.items(), key=lambda item: [*LANES].index(item[0]))
        }

    def start(self) -> None:
        for thread in self._threads.values():
            thread.start()

    def outcome(self, lane: str, tell: Tell) -> float:
        """Give how long a story took in a lane; raise what it raised."""
        count = max(len(tells) for tells in self._lanes.values())
        return self._outcomes[lane, tell].result(_START_SECONDS + count * STORY_SECONDS)

    def join(self) -> None:
        for thread in self._threads.values():
            thread.join()

    def _run_lane(self, name: str, tells: Sequence[Tell]) -> None:
        try:
            if LANES[name].after in self._threads:
                self._threads[LANES[name].after].join()
            asyncio.run(self._tell_all(name, tells))
        except BaseException as error:  # noqa: BLE001  (the tests raise it)
            for tell in tells:
                if not self._outcomes[name, tell].done():
                    self._outcomes[name, tell].set_exception(error)

    async def _tell_all(self, name: str, tells: Sequence[Tell]) -> None:
        async with running(LANES[name].webs) as cluster:
            if LANES[name].at_once:
                await asyncio.gather(*(self._tell(name, tell, cluster) for tell in tells))
            else:
                for tell in tells:
                    await cluster.ready()
                    await self._tell(name, tell, cluster)

    async def _tell(self, name: str, tell: Tell, cluster: Cluster) -> None:
        outcome, began = self._outcomes[name, tell], time.monotonic()
        try:
            async with asyncio.timeout(STORY_SECONDS):
                await tell(cluster)
        except Exception as error:  # noqa: BLE001  (the test raises it)
            outcome.set_exception(error)
        else:
            outcome.set_result(time.monotonic() - began)
