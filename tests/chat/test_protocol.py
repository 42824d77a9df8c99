"""The contract: its frames as JSON that Python and JavaScript both read, and its page."""

import contextlib
import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from chat import protocol
from chat.protocol import BadFrame, decode

FRAMES = Path(__file__).parent.parent / "contract" / "frames"


def frames(name: str) -> list[dict[str, object]]:
    return list(json.loads((FRAMES / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("frame", frames("client.json"), ids=lambda frame: frame["type"])
def test_client_frame_of_the_contract_is_understood(frame: dict[str, object]) -> None:
    assert type(decode(json.dumps(frame))).__struct_config__.tag == frame["type"]


def test_every_client_frame_is_in_the_contract() -> None:
    named = {frame["type"] for frame in frames("client.json")}
    assert named == {frame.__struct_config__.tag for frame in protocol.CLIENT_FRAMES}


@pytest.mark.parametrize("frame", frames("server.json"), ids=lambda frame: frame["type"])
def test_server_frame_of_the_contract_is_what_is_sent(frame: dict[str, object]) -> None:
    """Each example, read as our own frame and written again, is the same."""
    kind = next(
        kind for kind in protocol.SERVER_FRAMES if kind.__struct_config__.tag == frame["type"]
    )
    assert json.loads(protocol.encode(msgspec.convert(frame, kind))) == frame


def test_every_server_frame_is_in_the_contract() -> None:
    named = {frame["type"] for frame in frames("server.json")}
    assert named == {frame.__struct_config__.tag for frame in protocol.SERVER_FRAMES}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=1000))
def test_text_is_json_of_the_very_text(text: str) -> None:
    assert json.loads(protocol.encode_text(text)) == text


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_frame_or_refused(text: str) -> None:
    with contextlib.suppress(BadFrame):
        decode(text)


def test_every_error_code_is_explained() -> None:
    assert set(protocol.ERROR_CODES) == set(get_args(protocol.ErrorCode))


def test_protocol_page_is_up_to_date() -> None:
    call_command("protocol_docs", "--check")


def test_outdated_protocol_page_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(protocol.ERROR_CODES, "new", "Something new.")
    with pytest.raises(CommandError, match="outdated"):
        call_command("protocol_docs", "--check")
