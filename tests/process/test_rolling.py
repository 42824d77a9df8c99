"""An update without a gap: two web processes are replaced behind our nginx file, under load.

What `systemctl restart omegle-web@1 omegle-web@2` does one after the other: SIGTERM, the end, a new
process, and on when `omegle.server.readiness` says so.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from omegle.server.parent import die_with_parent
from tests import provision
from tests.environment import ROOT
from tests.faults.cluster import NO_LIMITS, WEB, Cluster, Web, running
from tests.faults.page import meet, pages, talking
from tests.process.copies import free_port, wait_until
from tests.strangers import Chat

pytestmark = pytest.mark.process

SHIPPED = (ROOT / "deploy" / "nginx" / "omegle.conf").read_text()
DRAIN_SECONDS = 5
_START_SECONDS = 10


def filled_in(port: int, cluster: Cluster) -> str:
    """Give the shipped file as an operator would fill it in, but for TLS and for ports of ours."""
    first, second = cluster.webs.values()
    log = cluster.place / "nginx.log"
    changes = {
        r"^    listen 443 ssl http2;$": f"    listen 127.0.0.1:{port};",
        r"127\.0\.0\.1:8001": f"127.0.0.1:{first.copy.port}",
        r"127\.0\.0\.1:8002": f"127.0.0.1:{second.copy.port}",
        r"^    listen 80;$": f"    listen 127.0.0.1:{free_port()};",
        r"/var/log/nginx/omegle\.log": str(log),
        r"^        root /var/lib/omegle;$": f"        root {cluster.place};",
    }
    text = SHIPPED
    for pattern, new in changes.items():
        text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
        assert count == 1, pattern
    text = text.replace("chat.example.org", "127.0.0.1")
    return re.sub(r"^    (listen \[::\]|ssl_).*\n", "", text, flags=re.MULTILINE)


@contextmanager
def proxied(port: int, cluster: Cluster) -> Iterator[Chat]:
    """Run nginx in front of the cluster's processes; give where visitors knock."""
    program = provision.nginx()
    if program is None:
        raise provision.Missing("nginx is missing: apt-get install nginx-light")
    place = cluster.place / "nginx"
    place.mkdir()
    (place / "omegle.conf").write_text(filled_in(port, cluster))
    folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    kept = "".join(f"{each}_temp_path {place}/{each};\n" for each in folders)
    # As root it would give its workers away to somebody who may not enter the cluster's place.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {place}/pid;\nevents {{}}\n"
        f"http {{\n{kept}include {place}/omegle.conf;\n}}\n"
    )
    with (place / "said").open("wb") as said:
        process = subprocess.Popen(
            [program, "-e", "stderr", "-c", place / "nginx.conf"],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            preexec_fn=die_with_parent(),  # noqa: PLW1509  (no thread of ours holds a lock)
        )
    try:
        wait_until(
            lambda: _status(f"http://127.0.0.1:{port}/livez") == 200 or process.poll() is not None,
            seconds=_START_SECONDS,
            otherwise=(place / "said").read_text,
        )
        assert process.poll() is None, (place / "said").read_text()
        yield Chat("127.0.0.1", port)
    finally:
        process.terminate()
        process.wait()


def _status(url: str) -> int:
    try:
        with urlopen(url, timeout=5) as response:
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


async def replace(web: Web) -> None:
    """Do what a unit's restart does."""
    web.signal(signal.SIGTERM)
    await web.exits(seconds=DRAIN_SECONDS + 2)
    web.start()
    waiting = [sys.executable, "-m", "omegle.server.readiness", "--wait", "30"]
    asked = await asyncio.create_subprocess_exec(
        *waiting, cwd=ROOT, env=web.copy.environment(), stderr=asyncio.subprocess.PIPE
    )
    _, said = await asked.communicate()
    assert asked.returncode == 0, said


async def test_update_behind_a_proxy_under_load_loses_nothing() -> None:
    port = free_port()
    given = NO_LIMITS | {
        "PATIENCE": "600",
        "DRAIN_SECONDS": str(DRAIN_SECONDS),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    async with running({"one": (WEB, given), "two": (WEB, given)}) as cluster:
        with proxied(port, cluster) as chat:
            async with pages(*[[chat]] * 16) as crowd:
                for alice, bob, letter in zip(crowd[::2], crowd[1::2], "abcdefgh", strict=True):
                    await meet(alice, bob, f"rolling {letter}")
                served = [_held(web) for web in cluster.webs.values()]
                assert min(served) > 0, served
                over = asyncio.Event()
                visits = asyncio.create_task(_visits(chat, over))
                async with talking(*crowd, every=0.1):
                    for web in cluster.webs.values():
                        await replace(web)
                    over.set()
                    statuses = await visits
                for page in crowd:
                    assert len(page.talks) == 1
                    assert len(page.told("draining")) <= 2, "once by each process"
                    assert page.told("ended") == page.told("error") == []
                    assert page.closes == [], "left by itself, in time"
                assert len(statuses) > 50
                assert set(statuses) == {200}
                assert all(web.copy.err == "" for web in cluster.webs.values())
                # Neither an address nor a path of anybody.
                assert (cluster.place / "nginx.log").read_text() == ""


def _held(web: Web) -> int:
    """Give how many sockets this process has."""
    ours = f":{web.copy.port:04X}"
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(row.split()[1].endswith(ours) and row.split()[3] == "01" for row in rows)


async def _visits(chat: Chat, over: asyncio.Event) -> list[int]:
    """Ask for what every page asks for, until it is over."""
    statuses = []
    while not over.is_set():
        statuses.append(
            await asyncio.to_thread(_status, f"http://127.0.0.1:{chat.port}/status.json")
        )
        await asyncio.sleep(0.05)
    return statuses
