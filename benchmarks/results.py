"""RESULTS.md: what was measured last with `--write`, a section for each benchmark, and where."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.provision import node

_FILE = Path(__file__).parent / "RESULTS.md"
_BASELINES = Path(__file__).parent / "baselines"
_PACKAGES = ("uvicorn", "uvloop", "picows", "websockets", "channels", "channels-redis", "redis")


def section_write(name: str, text: str) -> None:
    """Put a benchmark's section in the place of its last one; it says where and when."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    whole = _FILE.read_text()
    section = f"{start}\n\n{text.strip()}\n\n{machine()}\n\n{end}"
    whole, found = re.subn(f"{start}.*?{end}", lambda _: section, whole, flags=re.DOTALL)
    assert found == 1, f"{_FILE.name} has no place for {name}"
    _FILE.write_text(whole)


def machine() -> str:
    """Say what this was measured on."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", cpuinfo, re.MULTILINE)
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}; {model[1] if model else platform.machine()}, "
        f"{os.cpu_count()} cores, Linux {platform.release().partition('-')[0]}; "
        f"Python {platform.python_version()}, {packages}; {_node_versions()}."
    )


def _node_versions() -> str:
    program = node()
    if program is None:
        return "no Node"
    said = subprocess.run([*program, "--version"], capture_output=True, text=True, check=True)
    lock = (_BASELINES / "package.json").read_text()
    packages = re.findall(r'"(ws|socket\.io)": "([\d.]+)"', lock)
    return ", ".join([f"Node {said.stdout.strip()[1:]}", *(f"{n} {v}" for n, v in packages)])
