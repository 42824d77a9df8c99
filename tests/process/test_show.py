"""What a new operator does on the first day: every command of the way, on a copy of `make run`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment import ROOT
from tests.process.copies import START_SECONDS, Copy, wait_until

pytestmark = pytest.mark.process

STRANGERS = "40"


@pytest.fixture
def copy(home: Path) -> Iterator[Copy]:
    made = Copy(home / "c", starts_empty=True)
    made.start()
    yield made
    made.end()


def manage(copy: Copy, *words: str) -> tuple[int, str, str]:
    """Run a command that is told nothing but the copy's RUN_DIR."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=kept | {"RUN_DIR": str(copy.run_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_first_day_of_an_operator(copy: Copy) -> None:
    copy.wait_ready()
    wait_until(
        lambda: copy.readyz()[1]["jobs"]["ok"],
        seconds=START_SECONDS,
        otherwise=lambda: f"no heartbeat: {copy.readyz()}\n{copy.err}",
    )
    code, out, _ = manage(copy, "doctor", "--json")
    looked = {each["name"]: each["verdict"] for each in json.loads(out)["findings"]}
    assert code == 0, out
    assert looked["PUBLIC_URL"] == looked["WebSocket"] == "ok"
    if shutil.which("turnserver"):
        relays = [verdict for name, verdict in looked.items() if name.startswith("TURN turn:")]
        assert relays == ["ok", "ok"]

    code, out, _ = manage(copy, "create_moderator", "ada", "--role", "moderator")
    assert (code, "password" in out) == (0, True)

    code, out, err = manage(copy, "simulate", STRANGERS, "--minutes", "0.2", "--json")
    told = json.loads(out)
    assert (code, told["entered"], told["lost"], told["doubled"]) == (0, 40, 0, 0), told
    assert told["messages"] > 0
    assert f"{STRANGERS} here" in err

    assert manage(copy, "status")[0] == 0
    assert manage(copy, "watch", "--times", "1", "--json")[0] == 0
    assert manage(copy, "announce", "Back at nine.") == (0, "Announced.\n", "")
    code, out, _ = manage(copy, "switch", "video", "off", "--json")
    assert (code, json.loads(out)["video"]) == (0, "off")
    assert manage(copy, "verify_audit")[0] == 0
    assert copy.stop() == 0
    # What is not there any more is said, and nothing of where it was is left.
    assert manage(copy, "status")[0] == 4
    assert not (copy.run_dir / "running").exists()
