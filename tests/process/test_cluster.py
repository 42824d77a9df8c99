"""A real Redis Cluster of three nodes: what a copy writes is on the node of its tag alone."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import redis
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from omegle.server import private_redis
from omegle.server.parent import die_with_parent
from tests.faults.cluster import NO_LIMITS, WEB, running
from tests.faults.page import pages, pair, talking
from tests.process.copies import free_port, wait_until

pytestmark = pytest.mark.process

NODES = 3
_SECONDS = 30


def _port() -> int:
    """Give a free port whose neighbour 10,000 above, by which nodes talk, is one too."""
    while (port := free_port()) > 55_535:
        pass
    return port


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[redis.Redis]]:
    """Run the nodes, each with a third of the slots; give a client of each."""
    place = private_redis.private_directory()
    clients, processes = [], []
    try:
        for number in range(NODES):
            folder, port = place / str(number), _port()
            folder.mkdir()
            options = private_redis.command(folder)
            options += ["--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes"]
            processes.append(
                subprocess.Popen(
                    options,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    preexec_fn=die_with_parent(),  # noqa: PLW1509  (no thread of ours holds a lock)
                )
            )
            clients.append(redis.Redis(port=port, decode_responses=True))
        _form(clients)
        yield clients
    finally:
        for client in clients:
            client.close()
        for process in processes:
            process.kill()
            process.wait()
        shutil.rmtree(place, ignore_errors=True)


def _say(client: redis.Redis, *command: str | int) -> Any:
    return client.execute_command(*command)  # type: ignore[no-untyped-call]


def _answers(client: redis.Redis) -> bool:
    with suppress(redis.ConnectionError):
        return bool(client.ping())
    return False


def _is_whole(client: redis.Redis) -> bool:
    return bool(_say(client, "CLUSTER INFO")["cluster_state"] == "ok")


def _form(clients: list[redis.Redis]) -> None:
    for number, client in enumerate(clients):
        wait_until(partial(_answers, client), seconds=_SECONDS, otherwise=lambda: "no node")
        _say(client, "CLUSTER ADDSLOTS", *range(REDIS_CLUSTER_HASH_SLOTS)[number::NODES])
        _say(client, "CLUSTER SET-CONFIG-EPOCH", number + 1)
        if number:
            _say(client, "CLUSTER MEET", "127.0.0.1", _port_of(clients[0]))
    for client in clients:
        wait_until(partial(_is_whole, client), seconds=_SECONDS, otherwise=lambda: "no cluster")


def _port_of(client: redis.Redis) -> int:
    return int(client.connection_pool.connection_kwargs["port"])


def _node(tag: str) -> int:
    return key_slot(f"{{{tag}}}".encode()) % NODES


def _tags() -> tuple[str, str]:
    """Give two tags on different nodes, neither of them the first one that is asked."""
    names = [f"p{number}" for number in range(50)]
    return (
        next(name for name in names if _node(name) == 1),
        next(name for name in names if _node(name) == 2),
    )


async def test_copies_pair_and_relay_each_on_the_node_of_its_tag(nodes: list[redis.Redis]) -> None:
    first, second = _tags()
    given = NO_LIMITS | {
        "PATIENCE": "600",
        "REDIS_CLUSTER": ",".join(f"redis://127.0.0.1:{_port_of(node)}" for node in nodes),
    }
    one, other = given | {"REDIS_TAG": first}, given | {"REDIS_TAG": second}
    async with running({"a": (WEB, one), "b": (WEB, one), "c": (WEB, other)}) as cluster:
        a, b, c = (web.chat for web in cluster.webs.values())
        async with (
            pair("across", [a, b], [b, a]) as (alice, bob),
            pair("elsewhere", [c], [c]) as (carol, dave),
            pages([a], [c]) as (erin, frank),
        ):
            erin.find("same")
            await erin.hears("waiting")
            frank.find("same")
            await frank.hears("waiting")  # of another copy
            async with talking(alice, bob, carol, dave):
                await asyncio.sleep(0.5)
                alice.lose()
                await bob.hears("presence", connected=False)
                await alice.connect(b)
                await alice.hears("welcome", resumed=True)
            assert len(alice.talks[0].heard) > 5
            keys = [set(node.scan_iter(count=1000)) for node in nodes]
            assert keys[0] == set()
            for tag in (first, second):
                assert len(keys[_node(tag)]) > 10
                assert all(key.startswith(f"{{{tag}}}:") for key in keys[_node(tag)])
            # Nothing of a conversation elsewhere.
            plain = set(cluster.db.scan_iter(count=1000))
            assert {key.partition(":")[0] for key in plain} <= {"celery", "_kombu.binding", "layer"}
