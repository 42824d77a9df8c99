"""A decision made in one process holds on the open sockets of another one."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.environment import ROOT
from tests.faults.cluster import WEB, running
from tests.strangers import meet

pytestmark = pytest.mark.process

WITHIN_SECONDS = 2.0
# What a worker and a moderator do, in a process of its own; it tells when it was committed.
DECIDE = """
import time
from django.contrib.auth.models import User
from moderation.models import Case
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import reports_sweep
reports_sweep()
senior = User.objects.create_superuser("senior")
case = case_claim(Case.objects.get().pk, moderator=senior)
case_decide(case.pk, moderator=senior, version=case.version, measure="day", rule="spam",
            facts="You sent the same advertising to several strangers.")
print(time.time())
"""


async def test_ban_reaches_the_sockets_of_every_process_within_2_s() -> None:
    async with running({"a": (WEB, {}), "b": (WEB, {})}) as cluster:
        a, b = cluster.webs["a"].chat, cluster.webs["b"].chat
        async with a.stranger() as alice, b.stranger() as bob, a.stranger() as carol:
            await meet(alice, bob)
            await alice.send("report", reason="spam")
            await alice.hears("ended", reason="you_left")
            await alice.hears("reported")
            await bob.hears("ended", reason="left")
            await meet(bob, carol)
            decided = asyncio.create_task(asyncio.to_thread(decide, cluster.environment))
            await bob.hears("banned", seconds=20)
            heard = time.time()
            await carol.hears("ended", reason="moderated")
            assert heard - await decided < WITHIN_SECONDS
            async with a.stranger(cookie=bob.cookie, hello=False) as again:
                await again.send("hello", protocol=1)
                assert await again.closes() == 4403


def decide(environment: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, Path(ROOT, "manage.py"), "shell", "--verbosity", "0", "-c", DECIDE],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])
