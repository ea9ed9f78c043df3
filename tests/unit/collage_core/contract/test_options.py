"""Every option: what it may be, in a message and as a text that a person wrote."""

from typing import Any

import pytest
from msgspec.structs import fields

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.message import parse_message
from collage_core.contract.options import OPTIONS
from collage_core.errors import MessageError

NO_NUMBERS = [None, "1", "", True, 1.5, 5.0, [], {}, -1, 10**30]
NO_FLAGS = [None, 0, 1, "true", "", [], {}]
NO_TEXTS = [None, 0, True, [], {}, ["fill"], "", "FILL", "fill ", "none\n", "x" * 100_000]

WRONG: dict[str, list[Any]] = {
    **{name: NO_NUMBERS for name, option in OPTIONS.items() if option.kind is int},
    **{name: NO_FLAGS for name, option in OPTIONS.items() if option.kind is bool},
    **{name: NO_TEXTS for name, option in OPTIONS.items() if option.choices},
    "max_bytes": NO_NUMBERS[1:],
    "background": ["red", "#eee", "eeeeec", "#eeeeeg", "#eeeeec\n", "#eeeeecff", 0xEEEEEC, None],
    "title": [
        *["{name}", "{", "}", "{{creator}}", "{creator", "two\nlines", "\x07", "\x85", "\u2028"],
        *["x" * 121, "half \ud83d", None, 7],
    ],
}


def test_every_field_of_a_configuration_is_an_option_with_words_of_its_own() -> None:
    assert [*OPTIONS] == [field.name for field in fields(ProcessingConfig)]
    assert WRONG.keys() == OPTIONS.keys()
    assert len({option.title for option in OPTIONS.values()}) == len(OPTIONS)
    assert OPTIONS["rows"].title == "Rows of the grid"
    assert OPTIONS["max_bytes"].setting == "DEFAULT_MAX_BYTES"


@pytest.mark.parametrize(("name", "value"), [(n, value) for n in WRONG for value in WRONG[n]])
def test_a_wrong_value_is_refused_in_one_line_that_names_the_field_and_the_rule(
    name: str, value: object
) -> None:
    body = {"processing_type": "csv_data", "csv_data": "x", "processing_config": {name: value}}
    for refuse in (lambda: parse_message(body), lambda: ProcessingConfig(**{name: value})):
        with pytest.raises(MessageError) as refused:
            refuse()
        line = str(refused.value)
        assert line.startswith(f"processing_config.{name} is ")
        assert line.endswith(f": {OPTIONS[name].rule}")
        assert "\n" not in line
        assert len(line) < 300


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("background", "#EEeeEC"),
        ("title", "{creator}: {start} to {end} 😀 مينا"),
        ("title", "x" * 120),
        ("max_bytes", None),
        ("trim", True),
        *[(name, choice) for name, option in OPTIONS.items() for choice in option.choices],
    ],
)
def test_a_possible_value_is_taken_as_it_is(name: str, value: Any) -> None:
    body = {"processing_type": "csv_data", "csv_data": "x", "processing_config": {name: value}}
    assert parse_message(body).config == ProcessingConfig(**{name: value})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rows", "7", 7),
        ("trim", "Yes", True),
        ("trim", "0", False),
        ("fit", "contain", "contain"),
        ("background", "#ffffff", "#ffffff"),
        ("title", "", ""),
    ],
)
def test_a_text_becomes_a_value(name: str, text: str, value: object) -> None:
    assert OPTIONS[name].read(text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *[("rows", text) for text in ("0", "21", "+5", "1_0", "٣", "5.0", "")],
        ("trim", "maybe"),
        ("fit", "Fill"),
        ("title", "{name}"),
        ("max_bytes", "none"),
    ],
)
def test_a_wrong_text_is_refused_with_the_rule(name: str, text: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - its text is compared below
        OPTIONS[name].read(text)
    assert str(refused.value) == OPTIONS[name].rule


def test_a_number_of_any_length_is_refused_with_the_rule() -> None:
    with pytest.raises(ValueError, match="it must be a whole number from 1 to 20"):
        OPTIONS["rows"].read("9" * 100_000)
