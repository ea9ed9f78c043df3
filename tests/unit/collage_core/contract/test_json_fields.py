from collections.abc import Callable
from typing import Any

import pytest

from collage_core.contract import json_fields
from collage_core.errors import MessageError


@pytest.mark.parametrize(
    ("read", "source", "value"),
    [
        (json_fields.text, {"x": "a"}, "a"),
        (json_fields.integer, {"x": 0}, 0),
        (json_fields.array, {"x": [1]}, [1]),
        (json_fields.byte_range, {"x": [3, 3]}, (3, 3)),
    ],
)
def test_a_field_of_the_right_kind_is_given_back(
    read: Callable[[Any, str], object], source: dict[str, object], value: object
) -> None:
    assert read(source, "x") == value


@pytest.mark.parametrize(
    ("read", "source", "message"),
    [
        (json_fields.text, {}, "x is missing: it must be a string"),
        (json_fields.text, {"x": ""}, "x is '': it must be a string"),
        (json_fields.integer, {"x": True}, "x is True: it must be a whole number of at least 0"),
        (json_fields.integer, {"x": 1.0}, "x is 1.0: it must be a whole number"),
        (json_fields.integer, {"x": -1}, "x is -1: it must be a whole number"),
        (json_fields.array, {"x": {}}, "x is {}: it must be a JSON array"),
        (json_fields.byte_range, {"x": [1]}, r"x is \[1\]: it must be \[first, last\]"),
        (json_fields.byte_range, {"x": [2, 1]}, r"x\[1\] is 1: .* at least 2"),
    ],
)
def test_any_other_field_is_named_with_its_value_and_what_is_allowed(
    read: Callable[[Any, str], object], source: dict[str, object], message: str
) -> None:
    with pytest.raises(MessageError, match=message):
        read(source, "x")


def test_an_integer_keeps_to_its_bounds() -> None:
    assert json_fields.integer({"x": 5}, "x", least=1, most=5) == 5
    with pytest.raises(MessageError, match="x is 6: it must be a whole number from 1 to 5"):
        json_fields.integer({"x": 6}, "x", least=1, most=5)


def test_a_long_value_is_cut_to_what_fits_in_a_log_line() -> None:
    with pytest.raises(MessageError) as refused:
        json_fields.integer({"x": "y" * 10_000}, "x")
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("value", "described"),
    [
        (None, "missing"),
        ("", "a string of 0 characters"),
        (["SECRET"], "an array of 1"),
        ({"SECRET": 1, "b": 2}, "an object of 2 fields"),
        (7, "a int"),
    ],
)
def test_a_value_can_be_described_without_being_shown(value: object, described: str) -> None:
    assert json_fields.described(value) == described


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_a_document_of_another_version_is_refused(version: object) -> None:
    with pytest.raises(MessageError, match="schema_version of this receipt"):
        json_fields.check_schema_version({"schema_version": version}, "receipt")
