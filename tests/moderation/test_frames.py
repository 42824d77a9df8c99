"""What is found in a picture, what that means, and the process that looks."""

import logging
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

from moderation.frames.detector import EXPLICIT, Finding, Verdict, known_label, verdict
from moderation.frames.known import BadList, KnownPictures, list_read
from moderation.frames.process import Checker, NotChecked
from moderation.policy import REASONS, Reason
from tests.environment import ROOT
from tests.moderation.drawn import drawing, jpeg, pdq

# --- What findings mean ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], None),
        ([("FACE_FEMALE", 0.99), ("FEET_EXPOSED", 0.99), ("MALE_BREAST_EXPOSED", 0.99)], None),
        ([("FEMALE_BREAST_COVERED", 0.99)], None),
        ([("MALE_GENITALIA_EXPOSED", 0.59)], None),
        ([("MALE_GENITALIA_EXPOSED", 0.6)], ("nudity", "MALE_GENITALIA_EXPOSED", 0.6)),
        (
            [("BUTTOCKS_EXPOSED", 0.7), ("ANUS_EXPOSED", 0.8), ("FACE_MALE", 0.9)],
            ("nudity", "ANUS_EXPOSED", 0.8),
        ),
        ([("KNOWN_NUDITY", 0.9)], ("nudity", "KNOWN_NUDITY", 0.9)),
        (
            [("KNOWN_NUDITY", 1.0), ("KNOWN_MINOR", 0.9), ("ANUS_EXPOSED", 1.0)],
            ("minor", "KNOWN_MINOR", 0.9),
        ),
    ],
)
def test_verdict_is_the_worst_that_is_not_allowed(
    findings: list[tuple[str, float]], expected: Verdict | None
) -> None:
    assert verdict([Finding(*each) for each in findings], 0.6) == expected


@given(st.lists(st.tuples(st.sampled_from(sorted(EXPLICIT)), st.floats(0, 1))), st.floats(0, 1))
def test_verdict_is_there_when_something_reaches_the_threshold(
    found: list[tuple[str, float]], threshold: float
) -> None:
    reached = [score for _, score in found if score >= threshold]
    worst = verdict([Finding(*each) for each in found], threshold)
    assert (worst.score if worst else None) == (max(reached) if reached else None)


@pytest.mark.parametrize("reason", REASONS)
def test_known_picture_counts_for_its_reason_at_every_threshold(reason: Reason) -> None:
    worst = verdict([Finding(known_label(reason), 0.88)], 1.0)
    assert worst is not None
    assert worst.reason == reason


# --- Lists ----------------------------------------------------------------------------------------


def test_list_holds_a_hash_a_line_and_remarks(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(
        f"# vetted by us\n\n{'0f' * 32}\n  {'AB' * 32},100\n{'00' * 32} # from elsewhere\n"
    )
    assert list_read(path) == [b"\x0f" * 32, b"\xab" * 32, bytes(32)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{'0f' * 32}\n{'0f' * 31}\n", "line 2: not a hash"),
        (f"{'0f' * 33}\n", "line 1: not a hash"),
        (f"{'zz' * 32}\n", "line 1: not a hash"),
        ("# nothing\n", "holds no hash"),
        (None, "cannot be read: FileNotFoundError"),
    ],
)
def test_malformed_list_says_where(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "list"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadList, match=told):
        list_read(path)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of a hundred thousand hashes; the drawing of seed 1 is one of them."""
    random, path = Random(5), tmp_path_factory.mktemp("lists") / "nudity"
    others = "".join(f"{random.getrandbits(256):064x}\n" for _ in range(100_000))
    path.write_text(others + pdq(drawing(1)) + "\n")
    return path


@pytest.fixture(scope="module")
def known(listed: Path) -> KnownPictures:
    return KnownPictures([("nudity", listed)])


def smaller(image: Image.Image) -> Image.Image:
    return image.resize((160, 120))


def darker(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(0.8)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        smaller,
        darker,
        ImageOps.mirror,
        ImageOps.flip,
        lambda image: image.transpose(Image.Transpose.ROTATE_90),
        lambda image: image.transpose(Image.Transpose.ROTATE_180),
        lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    ],
    ids=["same", "smaller", "darker", "mirrored", "flipped", "quarter", "half", "transposed"],
)
def test_known_picture_is_found_however_it_is_held(
    known: KnownPictures, change: Callable[[Image.Image], Image.Image]
) -> None:
    [found] = known.detect(jpeg(change(drawing(1))))
    assert found.label == "KNOWN_NUDITY"
    assert found.score >= 1 - 31 / 256


@pytest.mark.parametrize("seed", range(2, 12))
def test_other_picture_is_not_known(known: KnownPictures, seed: int) -> None:
    assert known.detect(jpeg(drawing(seed))) == []


def test_picture_with_nothing_in_it_is_no_known_one(tmp_path: Path) -> None:
    """A covered camera is black: every list would know it."""
    path = tmp_path / "list"
    path.write_text(f"{'00' * 32}\n{'ff' * 32}\n")
    blank = KnownPictures([("minor", path)])
    for colour in ("black", "white", "grey"):
        assert blank.detect(jpeg(Image.new("RGB", (320, 240), colour))) == []


# --- The process ----------------------------------------------------------------------------------


@pytest.fixture
def checker(listed: Path) -> Iterator[Checker]:
    """One that knows a list: it starts faster than one with a model."""
    checker = Checker(detector="none", known=[("nudity", listed)], seconds=2)
    yield checker
    checker.close()


def test_model_looks_at_a_drawing_in_its_own_process(listed: Path) -> None:
    checker = Checker(detector="nudenet", known=[("nudity", listed)])
    try:
        assert verdict(checker.look(jpeg(drawing(2))), 0.6) is None
        first = checker.pid
        found = checker.look(jpeg(ImageOps.mirror(drawing(1))))
        assert known_label("nudity") in [each.label for each in found]
        assert checker.pid == first
    finally:
        checker.close()


def test_process_knows_no_secret_and_no_setting(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "geheim")
    checker.look(jpeg(drawing(2)))
    environment = Path(f"/proc/{checker.pid}/environ").read_text().split("\0")
    assert {line.split("=")[0] for line in environment if line} == {
        "PATH",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
    }
    modules = Path(f"/proc/{checker.pid}/maps").read_text()
    assert "sqlite3" not in modules, "Django is not there"


def test_what_is_no_picture_is_nothing_found_and_costs_nothing(checker: Checker) -> None:
    checker.look(jpeg(drawing(2)))
    first = checker.pid
    large = jpeg(Image.new("RGB", (1000, 1000)))
    for data in (b"", b"GIF89a", b"\xff\xd8\xff" + bytes(1000), jpeg(drawing(2))[:500], large):
        assert checker.look(data) == []
    assert checker.pid == first
    assert checker.failures == 0


def test_process_that_died_costs_one_picture(checker: Checker) -> None:
    checker.look(jpeg(drawing(2)))
    assert checker.pid is not None
    os.kill(checker.pid, signal.SIGKILL)
    os.waitid(os.P_PID, checker.pid, os.WEXITED | os.WNOWAIT)
    assert checker.look(jpeg(drawing(1)))
    assert checker.failures == 0, "it had died before it was given anything"


def test_process_that_hangs_is_killed_and_the_next_picture_is_looked_at(
    checker: Checker, caplog: pytest.LogCaptureFixture
) -> None:
    checker.look(jpeg(drawing(2)))
    hanging = checker.pid
    assert hanging is not None
    os.kill(hanging, signal.SIGSTOP)
    with caplog.at_level(logging.ERROR), pytest.raises(NotChecked):
        checker.look(jpeg(drawing(1)))
    assert checker.failures == 1
    assert "(1 so far): TimeoutError" in caplog.text
    assert not Path(f"/proc/{hanging}").exists()
    assert [each.label for each in checker.look(jpeg(drawing(1)))] == ["KNOWN_NUDITY"]


def test_process_that_is_killed_over_a_picture_costs_that_one(checker: Checker) -> None:
    checker.look(jpeg(drawing(2)))
    assert checker.pid is not None
    os.kill(checker.pid, signal.SIGSTOP)  # it has the picture before it is killed
    threading.Timer(0.2, os.kill, (checker.pid, signal.SIGKILL)).start()
    with pytest.raises(NotChecked):
        checker.look(jpeg(drawing(1)))
    assert checker.look(jpeg(drawing(1)))
    assert checker.failures == 1


def test_what_takes_more_memory_than_allowed_fails() -> None:
    """The header of a picture is looked at first: what comes this far is a fault of a decoder."""
    bomb = "from moderation.frames import child; child._shut_in(64); bytearray({} << 20)"
    codes = [
        subprocess.run(
            [sys.executable, "-c", bomb.format(mib)], cwd=ROOT, stderr=subprocess.PIPE, check=False
        )
        for mib in (32, 96)
    ]
    assert [each.returncode for each in codes] == [0, 1]
    assert b"MemoryError" in codes[1].stderr


@pytest.mark.parametrize(
    "answer",
    ["no JSON", "[]", '{"findings": 7}', '{"findings": [["A", 1]]}', '{"failed": "A\\nB"}'],
)
def test_process_that_answers_nonsense_costs_one_picture(
    checker: Checker, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    stand_in(checker, monkeypatch, f"line.sendall({answer.encode()!r} + b'\\n')")
    with pytest.raises(NotChecked):
        checker.look(jpeg(drawing(1)))
    assert checker.pid is None


def test_answer_without_end_is_not_kept(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(checker, monkeypatch, "[line.sendall(bytes(1 << 20)) for _ in range(64)]")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NotChecked):
        checker.look(jpeg(drawing(1)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024
    assert checker.pid is None


def stand_in(checker: Checker, monkeypatch: pytest.MonkeyPatch, answers: str) -> None:
    """Let something else look, as a decoder that a picture has taken over would."""
    script = f"""
import os, socket
line = socket.socket(fileno=os.dup(0))
line.sendall(b'{{}}\\n')
line.recv(1 << 16)
{answers}
line.recv(1)
"""
    monkeypatch.setattr(checker, "_command", [sys.executable, "-c", script])
    checker.close()


def test_process_without_its_detector_is_a_picture_lost(tmp_path: Path) -> None:
    checker = Checker(detector="none", known=[("nudity", tmp_path / "missing")])
    with pytest.raises(NotChecked):
        checker.look(jpeg(drawing(1)))
    assert checker.pid is None


def test_limits_are_set(checker: Checker) -> None:
    checker.look(jpeg(drawing(1)))
    limits = Path(f"/proc/{checker.pid}/limits").read_text().splitlines()
    soft = {line[:26].strip(): line[26:].split()[0] for line in limits}
    assert soft["Max file size"] == soft["Max core file size"] == "0"
    assert int(soft["Max address space"]) < 2**30
    assert int(soft["Max cpu time"]) < 60
