"""Work that waits for the database, off the event loop, in threads that wait for nobody else.

Channels' own way shares one thread among all such work of a process: a database that hangs would
hold up everything behind it. Each call leaves no connection open.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


class DatabaseThreads:
    """A few threads for one kind of work."""

    def __init__(self, name: str, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        """Give what `work` gives; raises what it raises."""

        def closing() -> T:
            try:
                return work()
            finally:
                connections.close_all()

        return await asyncio.get_running_loop().run_in_executor(self._executor, closing)
