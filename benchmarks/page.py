"""What a first visit costs: bytes, and the time on a slow phone.

    python -m benchmarks.page [--rounds 3] [--write]

Opens the landing page and the start in a browser that has never been here, over an emulated line of
1.6 Mbit/s with 400 ms there and back, on a processor four times slower than this one's. Bytes are
those of the line, compressed, with headers. Exits with 1 when the landing page is above 100 kB, the
start above 300 kB, or either paints later than after 3 s. `--write` puts the table into RESULTS.md.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from itertools import product
from math import inf
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from playwright.async_api import Browser, CDPSession, async_playwright  # noqa: E402

from benchmarks.results import section_write  # noqa: E402
from chat.visitors import VISITOR_COOKIE  # noqa: E402
from tests import provision  # noqa: E402
from tests.process.copies import Copy  # noqa: E402
from tests.strangers import new_cookie  # noqa: E402

_LATENCIES = (150, 400)
_LINE = {
    "offline": False,
    "downloadThroughput": 1.6e6 / 8,
    "uploadThroughput": 750e3 / 8,
}
_SLOWER = 4
_PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 3,
    "has_touch": True,
    "is_mobile": True,
    "service_workers": "block",
}
_PAINTED = """
async () => {
  const largest = await new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({
      type: "largest-contentful-paint",
      buffered: true,
    });
  });
  return [performance.getEntriesByName("first-contentful-paint")[0].startTime, largest];
}
"""
_USABLE = """
() => document.readyState === "complete"
  && document.querySelector("form:is(.entry-form, #start-form:not([aria-busy]))") !== null
"""
_BYTES = {"landing": 100_000, "start": 300_000}
_PAINT_MS = {("landing", 150): 1000}


class Visit(NamedTuple):
    files: int
    bytes: int
    painted: float
    largest: float
    usable: float


async def visit(browser: Browser, url: str, *, admitted: bool, latency: int) -> Visit:
    """Open the page once, with nothing kept from before."""
    context = await browser.new_context(**_PHONE)
    if admitted:
        await context.add_cookies([{"name": VISITOR_COOKIE, "value": new_cookie(), "url": url}])
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    received = await _watched(session, latency)
    await page.goto(url)
    await page.wait_for_function(_USABLE)
    usable = await page.evaluate("performance.now()")
    painted, largest = await page.evaluate(_PAINTED)
    await page.wait_for_load_state("networkidle")
    await context.close()
    return Visit(len(received), sum(received), painted, largest, usable)


async def _watched(session: CDPSession, latency: int) -> list[int]:
    """Have a slow line and processor; give the list that fills with the bytes of each answer."""
    received: list[int] = []
    session.on("Network.loadingFinished", lambda said: received.append(said["encodedDataLength"]))
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", {**_LINE, "latency": latency})
    await session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    return received


async def measure(url: str, chromium: Path, rounds: int) -> tuple[str, bool]:
    """Give the table as Markdown, and whether all bars are met."""
    lines = ["| | line, ms | files | kB | first paint, ms | largest paint, ms | usable, ms |"]
    lines += ["| --- | --: | --: | --: | --: | --: | --: |"]
    is_met = True
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, latency in product(_BYTES, _LATENCIES):
            visits = [
                await visit(browser, url, admitted=name == "start", latency=latency)
                for _ in range(rounds)
            ]
            files, size, *times = (median(each) for each in zip(*visits, strict=True))
            lines.append(
                f"| {name} | {latency} | {files:.0f} | {size / 1000:.1f} | "
                + " | ".join(f"{each:,.0f}" for each in times)
                + " |"
            )
            in_time = times[0] <= _PAINT_MS.get((name, latency), inf)
            is_met = is_met and size <= _BYTES[name] and in_time
        await browser.close()
    return "\n".join(lines), is_met


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    found = provision.chromium()
    if found is None:
        sys.exit("Chromium is missing: python -m tests.provision")
    place = Path(tempfile.mkdtemp(prefix="o-"))
    running = Copy(place / "page", settings={"SECRET_KEY": settings.SECRET_KEY})
    try:
        running.start()
        running.wait_ready()
        table, is_met = asyncio.run(measure(f"{running.url}/", found, chosen.rounds))
    finally:
        running.end()
        shutil.rmtree(place)
    print(table)
    if chosen.write:
        section_write("page", table)
    sys.exit(not is_met)
