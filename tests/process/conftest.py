"""Where the copies of a module of tests live."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Give a short directory: pytest's own are too deep for sockets."""
    path = Path(tempfile.mkdtemp(prefix="o-"))
    yield path
    shutil.rmtree(path)
