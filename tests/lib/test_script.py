"""Scripts as they are sent: what is left out of their sources, and what is not."""

from omegle.lib.redis import Script

SOURCE = """
local LIMIT = 3            -- of anything
local WORD = 'far'
local on_end
local function one()
  return LIMIT
end

-- Says what `unused` would.
local function two()
  return one() .. WORD .. 'LIMIT'
end

local function unused()
  return never
end

on_end = function(text)
  return text
end
"""


def test_functions_that_nothing_calls_are_left_out() -> None:
    text = Script(SOURCE, "return two()", clock="").text
    assert "function one()" in text
    assert "function two()" in text
    assert "function unused()" not in text
    assert "on_end = function" not in text


def test_function_that_is_set_stays_for_who_calls_it() -> None:
    assert "on_end = function(text)" in Script(SOURCE, "return on_end('')", clock="").text


def test_values_stand_for_their_names_but_not_in_texts() -> None:
    text = Script(SOURCE, "return two()", clock="").text
    assert "return 3\n" in text
    assert "one() .. 'far' .. 'LIMIT'" in text
    assert "local LIMIT" not in text
