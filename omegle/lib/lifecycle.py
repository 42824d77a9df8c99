"""Whether this process is leaving, and what it does before it does.

The server that was told to stop calls `drain`; parts that hold something for visitors give it away
in the step they added. Readiness follows from `is_draining`.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

# Takes the seconds it may last.
Step = Callable[[float], Awaitable[None]]

_steps: list[Step] = []
_draining = False


def is_draining() -> bool:
    return _draining


def before_leaving(step: Step) -> None:
    """Add what is done once the process has been told to stop and accepts nobody new."""
    _steps.append(step)


def forget(step: Step) -> None:
    """Take a step back; harmless when it was never added."""
    if step in _steps:
        _steps.remove(step)


def leave() -> None:
    """Tell this process to stop, as whoever manages it would; that one starts another."""
    os.kill(os.getpid(), signal.SIGTERM)


async def drain(seconds: float) -> None:
    """Run the steps at once; those that are not done in time are cut off."""
    global _draining  # noqa: PLW0603  (a process leaves once)
    _draining = True
    try:
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(step(seconds) for step in _steps))
    except TimeoutError:
        pass
