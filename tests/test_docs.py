"""What the documentation says of the project is there: links, commands, files, settings, figures.

Only code (spans in backticks, fenced and indented blocks) is looked at for names. What a page
promises visitors is held in test_promises.py.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from omegle.exposition import families
from tests.environment import ROOT, setting_names

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

_PRUNED = {".git", ".venv", ".run", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"}
# What ends a command of ours in a line; two spaces are followed by words about it.
_SHELL = re.compile(r"\s(?:[|;>&]|&&|\|\||#)(?:\s|$)|\s\s")
# What make is told, besides settings.
_MAKE = {"PYTHON", "MINUTES", "PLOT"}
# Made by `make run` or by whoever deploys; named, and not in the tree.
_ELSEWHERE = re.compile(r"\.(?:run|venv|env)\b")


def _walk() -> Iterator[str]:
    for directory, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in _PRUNED]
        here = Path(directory).relative_to(ROOT).as_posix()
        yield from (f"/{here}/{name}".replace("/./", "/") for name in names)
        yield f"/{here}/"


FILES = set(_walk())
SOURCE = "\n".join(
    (ROOT / name[1:]).read_text(encoding="utf-8", errors="replace")
    for name in sorted(FILES)
    if name.endswith((".py", ".js", ".lua", ".yaml", ".conf", ".txt", ".toml", "Makefile", ".sh"))
    and "/migrations/" not in name
)
TARGETS = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
SERVICES = re.findall(r"^  ([\w-]+):$", (ROOT / "compose.yaml").read_text(), re.MULTILINE)


def blocks(page: Path) -> list[str]:
    """Give every line of a block of code, those that go on joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    fenced = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"(?:(?<=\n\n)|(?<=\A))((?:    .*\n|\n)+)", text)
    return [line.strip() for block in (*fenced, *indented) for line in block.splitlines()]


def spans(page: Path) -> list[str]:
    """Give what is in backticks in running text."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def code(page: Path) -> list[str]:
    return blocks(page) + spans(page)


def anchors(page: Path) -> set[str]:
    """Give the anchors that a page's headings have, as forges make them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", head.lower()) for head in heads)
    return {head.replace(" ", "-") for head in plain}


def ours(line: str, program: str) -> Iterator[list[str]]:
    """Give the words after each call of a program of ours in a line."""
    for found in re.finditer(rf"(?:^|[\s(/]){program} (?=\w)", line):
        rest = _SHELL.split(line[found.end() :])[0]
        yield shlex.split(re.sub(r"\$\(.*", "", rest).split(")")[0])


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in re.findall(
        r"\]\((?!\w+:)([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")
    ):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


@pages
def test_commands_are_there_and_take_what_they_are_given(page: Path) -> None:
    for line in code(page):
        for program in (r"manage\.py", "deploy/manage"):
            for name, *given in ours(line, program):
                assert name in get_commands(), line
                if not given:
                    continue
                command = load_command_class(str(get_commands()[name]), name)
                try:
                    command.create_parser("manage.py", name).parse_args(given)
                except CommandError as error:
                    pytest.fail(f"{line}: {error}")


@pages
def test_verbs_of_make_are_there_and_are_told_what_exists(page: Path) -> None:
    for line in code(page):
        for given in ours(line, "make"):
            verbs = [word for word in given if "=" not in word]
            told = {word.partition("=")[0] for word in given} - set(verbs)
            assert set(verbs) <= set(TARGETS), line
            assert told <= setting_names() | _MAKE, line


@pages
def test_modules_and_services_that_are_run_are_there(page: Path) -> None:
    for line in code(page):
        for module, *_ in ours(line, "python -m"):
            assert find_spec(module), line
        if line.startswith("docker compose"):
            named = set(re.findall(r"(?<= )(?:web-\d|worker|screener|beat|prepare|frames)\b", line))
            assert named <= set(SERVICES), line


@pages
def test_files_that_are_named_are_there(page: Path) -> None:
    here = f"/{page.parent.relative_to(ROOT).as_posix()}/".replace("/./", "/")
    for span in spans(page):
        if not re.fullmatch(
            r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|js|css|lua|html|yaml|toml))", span
        ):
            continue
        if _ELSEWHERE.search(span) or f"{here}{span}" in FILES:
            continue
        assert any(file.endswith(f"/{span}") for file in FILES), span


@pages
def test_names_that_are_used_are_in_the_source(page: Path) -> None:
    """Settings, figures, alerts, fields: what is spelled like a name is one."""
    figures = {name for name, *_ in families()}
    for span in spans(page):
        for name in re.findall(
            r"(?<![\w./-])(?:[A-Z]{2,}_[A-Z_]*[A-Z]|omegle_\w+|Omegle[A-Z]\w+)\b", span
        ):
            if name.startswith("omegle_"):
                assert name in figures, name
            else:
                assert re.search(rf"\b{name}\b", SOURCE), name


def test_readme_has_the_two_commands_and_ci_runs_the_same() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^    make (\w+)$", readme, re.MULTILINE) == ["run", "test"]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make (\w+)$", script, re.MULTILINE) == ["lint", "test"]
    for verb in ("run", "test"):
        subprocess.run(["make", "--dry-run", verb], cwd=ROOT, check=True, capture_output=True)


def test_every_page_of_the_documentation_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = {f"docs/{page.name}" for page in ROOT.glob("docs/*.md")}
    assert {name for name in named if f"]({name})" not in readme} == set()
