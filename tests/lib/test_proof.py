"""Proof of work: what counts as one, and everything that does not."""

import base64
import json
import time
from typing import Any

import altcha
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from omegle.lib import proof
from omegle.lib.proof import challenge_new, proof_check


@pytest.fixture(autouse=True)
def easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python searches slowly; how hard it is changes nothing of what is tested here."""
    monkeypatch.setattr(proof, "COST", 2)
    monkeypatch.setattr(proof, "ATTEMPTS", (1, 20))


def solved(challenge: str) -> dict[str, Any]:
    given = json.loads(challenge)
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(given))
    assert solution is not None
    return {"challenge": given, "solution": solution.to_dict()}


def written(payload: object) -> str:
    return base64.b64encode(json.dumps(payload).encode()).decode()


def test_solution_is_accepted_under_the_id_of_its_challenge() -> None:
    challenge = challenge_new()
    assert proof_check(written(solved(challenge))) == json.loads(challenge)["signature"]


def test_same_challenge_has_the_same_id_however_it_is_written() -> None:
    payload = solved(challenge_new())
    parameters = payload["challenge"]["parameters"]
    turned = {**payload, "more": 1}
    turned["challenge"] = {
        "signature": payload["challenge"]["signature"],
        "parameters": dict(reversed(parameters.items())),
    }
    first = proof_check(written(payload))
    assert first is not None
    assert proof_check(written(turned)) == first
    assert proof_check(f" {written(payload)}\n") == first


def test_no_two_challenges_are_the_same() -> None:
    ids = {json.loads(challenge_new())["signature"] for _ in range(20)}
    assert len(ids) == 20


def test_wrong_solution_is_none() -> None:
    payload = solved(challenge_new())
    payload["solution"]["counter"] += 1
    assert proof_check(written(payload)) is None


def test_solution_of_another_challenge_is_none() -> None:
    payload = solved(challenge_new())
    payload["challenge"] = json.loads(challenge_new())
    assert proof_check(written(payload)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"cost": 1, "keyPrefix": "00"},
        {"keyPrefix": "00"},
        {"expiresAt": 4_000_000_000},
        {"data": {"most": 1}},
    ],
    ids=str,
)
def test_challenge_made_easier_is_none(change: dict[str, object]) -> None:
    payload = solved(challenge_new())
    payload["challenge"]["parameters"] |= change
    again = solved(json.dumps(payload["challenge"]))
    assert proof_check(written(again)) is None


def test_challenge_signed_by_somebody_else_is_none(settings: Settings) -> None:
    payload = solved(challenge_new())
    settings.SECRET_KEY = "another-key-of-another-copy"
    assert proof_check(written(payload)) is None


def test_challenge_without_signature_is_none() -> None:
    forged = altcha.create_challenge("SHA-256", 1, counter=1)
    assert proof_check(written(solved(json.dumps(forged.to_dict())))) is None


def test_expired_solution_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = written(solved(challenge_new()))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + proof.EXPIRES_SECONDS - 2)
    assert proof_check(payload) is not None
    monkeypatch.setattr(time, "time", lambda: now + proof.EXPIRES_SECONDS + 1)
    assert proof_check(payload) is None


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "not base64",
        "====",
        "ÿ",
        "A" * 5000,
        written(None),
        written([]),
        written("x"),
        written({}),
        written({"challenge": {}, "solution": {}}),
        written({"challenge": 7, "solution": 7}),
        written({"challenge": {"parameters": None, "signature": "x"}, "solution": {}}),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[" * 3000).decode(),
    ],
    ids=range(14),
)
def test_garbage_is_none(payload: str) -> None:
    assert proof_check(payload) is None


@pytest.mark.parametrize("value", [None, 77, -1, 1.5, "x", "1", [], {}, True, 2**40], ids=repr)
@pytest.mark.parametrize("field", ["counter", "derivedKey", "signature", "parameters"])
def test_mistyped_field_is_none(field: str, value: object) -> None:
    payload = solved(challenge_new())
    place = "solution" if field in payload["solution"] else "challenge"
    payload[place][field] = value
    assert proof_check(written(payload)) is None


@given(
    st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode())
)
def test_any_text_is_none(payload: str) -> None:
    assert proof_check(payload) is None
