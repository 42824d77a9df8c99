"""Commands of an operator reach every web process, also one on another host: by Redis alone."""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moderation.tags import visitor_tag
from tests.environment import ROOT
from tests.faults.cluster import WEB, Cluster, running
from tests.strangers import meet

pytestmark = pytest.mark.process

WITHIN_SECONDS = 5.0


async def manage(cluster: Cluster, *words: str) -> tuple[int, str, str]:
    """Run a command in a process of its own; give its exit status and what it said."""
    done = await asyncio.to_thread(
        lambda: subprocess.run(
            [sys.executable, Path(ROOT, "manage.py"), *words],
            env=os.environ | cluster.environment | {"RUN_DIR": str(cluster.place)},
            capture_output=True,
            text=True,
            check=False,
        )
    )
    return done.returncode, done.stdout, done.stderr


async def test_announce_kick_and_drain_reach_all_processes() -> None:
    async with running({"a": (WEB, {}), "b": (WEB, {})}) as cluster:
        a, b = cluster.webs["a"], cluster.webs["b"]
        async with a.chat.stranger() as alice, b.chat.stranger() as bob:
            await meet(alice, bob)
            assert await manage(cluster, "announce", "Back at nine.") == (0, "Announced.\n", "")
            began = time.monotonic()
            for stranger in (alice, bob):
                await stranger.hears("notice", text="Back at nine.")
            assert time.monotonic() - began < WITHIN_SECONDS

            code, out, _ = await manage(cluster, "status", "--json")
            told = json.loads(out)
            assert (code, told["online"], told["rooms"], told["workers"]) == (0, 2, 1, [])
            assert sorted(told["processes"].values()) == [1, 1]

            tag = visitor_tag(alice.cookie.split(".")[0])
            assert (await manage(cluster, "kick", tag))[0] == 0
            await alice.hears("ended", reason="moderated")
            await bob.hears("ended", reason="moderated")
            assert await alice.closes() == 4410

            [held] = [
                name
                for name in told["processes"]
                if cluster.db.sismember(f"process:{name}:visitors", bob.cookie.split(".")[0])
            ]
            draining = asyncio.create_task(manage(cluster, "drain", held))
            await bob.hears("draining", seconds=20)
            await bob.socket.close()
            assert await draining == (0, f"Gone: {held}.\n", "")
            await b.exits(seconds=20)
            assert await a.is_ready()
            assert json.loads((await manage(cluster, "status", "--json"))[1])[
                "processes"
            ].keys() == (told["processes"].keys() - {held})
