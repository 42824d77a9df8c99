"""The plugin that fails a CI run in which something was left out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import ROOT

CASES = {
    "skipped": "import pytest\n@pytest.mark.skip\ndef test_it(): ...\n",
    "skipped_module": "import pytest\npytest.skip(allow_module_level=True)\n",
    "xfailed": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
    "passed": "def test_it(): ...\n",
}


def run(folder: Path, source: str, *, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(source)
    (folder / "test_other.py").write_text(CASES["passed"])
    arguments = ["-p", "tests.nothing_skipped", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--rootdir", folder, folder],
        cwd=ROOT,
        env=os.environ | {"CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("case", ["skipped", "skipped_module", "xfailed"])
def test_left_out_in_ci_fails(tmp_path: Path, case: str) -> None:
    result = run(tmp_path, CASES[case], ci="true")
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
    assert "nothing may be skipped" in result.stdout


def test_left_out_elsewhere_passes(tmp_path: Path) -> None:
    assert run(tmp_path, CASES["skipped"], ci="").returncode == pytest.ExitCode.OK


def test_nothing_left_out_in_ci_passes(tmp_path: Path) -> None:
    assert run(tmp_path, CASES["passed"], ci="true").returncode == pytest.ExitCode.OK
