"""Which Redis is started, and with what."""

import importlib.util
import shutil
import tempfile
from pathlib import Path

import pytest

from omegle.server import private_redis


def test_redis_on_path_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}")
    assert private_redis.executable() == Path("/somewhere/redis-server")


def test_no_redis_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(private_redis.Unavailable, match="install redis-server"):
        private_redis.executable()


def test_directory_too_deep_for_sockets_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(private_redis.Unavailable, match="set TMPDIR"):
        private_redis.private_directory()
    assert list(deep.iterdir()) == []


def test_nothing_reaches_a_disk(tmp_path: Path) -> None:
    command = private_redis.command(tmp_path)
    pairs = dict(zip(command[1::2], command[2::2], strict=True))
    assert pairs["--save"] == ""
    assert pairs["--appendonly"] == "no"
    assert pairs["--port"] == "0"
