"""A pytest plugin: with CI=true a run in which something was skipped or failed as expected fails.

A missing browser or database must not turn a test into a silent promise.
"""

import os
from typing import Any

import pytest

_KINDS = ("skipped", "xfailed", "xpassed")


def _left_out(config: pytest.Config) -> list[str]:
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return []
    return [report.nodeid for kind in _KINDS for report in reporter.stats.get(kind, [])]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _left_out(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if left_out := _left_out(config):
        terminalreporter.section("CI=true: nothing may be skipped", red=True)
        for nodeid in left_out:
            terminalreporter.line(nodeid)
