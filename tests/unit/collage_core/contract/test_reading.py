"""Reading JSON from outside: what is refused, and how the sentence about it reads."""

import json
import traceback
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct, field

from collage_core.contract.document import FLAT, IN_MEMORY, to_json
from collage_core.contract.fields import ByteRange, Count, Text
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import parse_message
from collage_core.contract.reading import read
from collage_core.contract.receipt import Receipt
from collage_core.contract.summary import RunSummary
from collage_core.contract.wording import described, shown
from collage_core.errors import MessageError
from tests.support.runs import plan, run, summary


class WithText(Struct):
    x: Text


class WithNull(Struct):
    x: Text | None


class WithCount(Struct):
    x: Count


class WithArray(Struct):
    x: Sequence[Any]


class WithRange(Struct):
    x: ByteRange


class WithBounds(Struct):
    x: Annotated[int, Meta(ge=1, le=5)]


class WithCounts(Struct):
    x: Mapping[str, Count]


MANIFEST, (RECEIPT,) = run([{"ana": 3}])
A_MESSAGE = to_json(MANIFEST.message(MANIFEST.chunks[0]))
INLINE = {"processing_type": "csv_data", "csv_data": "a,b\n"}


def refused(source: Any, kind: type[Struct]) -> str:
    with pytest.raises(MessageError) as error:
        read(source, kind)
    return str(error.value)


@pytest.mark.parametrize(
    ("kind", "source", "value"),
    [
        (WithText, {"x": "a"}, "a"),
        (WithCount, {"x": 0}, 0),
        (WithArray, {"x": [1]}, [1]),
        (WithRange, {"x": [3, 3]}, (3, 3)),
    ],
)
def test_a_field_of_the_right_kind_is_given_back(
    kind: type[WithText], source: dict[str, object], value: object
) -> None:
    assert read(source, kind).x == value


@pytest.mark.parametrize(
    ("kind", "source", "message"),
    [
        (WithText, {}, "x is missing: it must be a string"),
        (WithText, {"x": ""}, "x is '': it must be a string"),
        (WithCount, {"x": True}, "x is True: it must be a whole number of at least 0"),
        (WithCount, {"x": 1.0}, "x is 1.0: it must be a whole number"),
        (WithCount, {"x": -1}, "x is -1: it must be a whole number"),
        (WithArray, {"x": {}}, "x is {}: it must be a JSON array"),
        (WithRange, {"x": [1]}, r"x is \[1\]: it must be \[first, last\]"),
        (WithCounts, {"x": {"a": 1, "b": "2"}}, r"x\.b is '2': it must be a whole number"),
    ],
)
def test_any_other_field_is_named_with_its_value_and_what_is_allowed(
    kind: type[Struct], source: dict[str, object], message: str
) -> None:
    with pytest.raises(MessageError, match=message):
        read(source, kind)
    with pytest.raises(MessageError, match=message):
        read(json.dumps(source), kind)


def test_a_range_that_ends_before_it_begins_is_named_with_what_is_allowed() -> None:
    with pytest.raises(MessageError, match=r"byte_range\[1\] is 1: .* at least 2"):
        parse_message(A_MESSAGE | {"byte_range": [2, 1]})


def test_an_integer_keeps_to_its_bounds() -> None:
    assert read({"x": 5}, WithBounds).x == 5
    with pytest.raises(MessageError, match="x is 6: it must be a whole number from 1 to 5"):
        read({"x": 6}, WithBounds)


def test_a_long_value_is_cut_to_what_fits_in_a_log_line() -> None:
    assert len(refused({"x": "y" * 10_000}, WithCount)) < 200


@pytest.mark.parametrize(
    ("value", "description"),
    [
        (None, "missing"),
        ("", "a string of 0 characters"),
        (["SECRET"], "an array of 1"),
        ({"SECRET": 1, "b": 2}, "an object of 2 fields"),
        (7, "a int"),
    ],
)
def test_a_value_can_be_described_without_being_shown(value: object, description: str) -> None:
    assert described(value) == description


@pytest.mark.parametrize("version", [None, 0, 2, "1", True, 1.0, [1]])
def test_a_document_of_another_version_is_refused(version: object) -> None:
    document = to_json(RECEIPT)
    with pytest.raises(MessageError, match="schema_version of this receipt"):
        read(document | {"schema_version": version}, Receipt)
    del document["schema_version"]
    with pytest.raises(MessageError, match="schema_version of this receipt is missing"):
        read(document, Receipt)


def test_another_version_is_said_before_any_of_its_fields_is_looked_at() -> None:
    assert refused({"schema_version": 2}, RunSummary).startswith("schema_version of this run sum")


@pytest.mark.parametrize("message", [A_MESSAGE, INLINE])
@pytest.mark.parametrize("field_name", ["output_prefix", "processing_config"])
def test_of_a_message_too_another_version_is_said_first(
    message: dict[str, Any], field_name: str
) -> None:
    with pytest.raises(MessageError, match="schema_version of this"):
        parse_message(message | {"schema_version": 2, field_name: 7})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chunks": [{}]}, "chunks[0].chunk_id is missing: it may have letters, digits"),
        ({"chunks": 7}, "chunks is 7: it must be a JSON array"),
        ({"source": {"bucket": "b"}}, "source.key is missing: it must be a string that is not em"),
        ({"source": None}, "source is missing: it must be a JSON object"),
        ({"dates": {"read": -1}}, "dates.read is -1: it must be a whole number of at least 0"),
        (
            {"rejected": {"reasons": {}, "creators": 0, "first": [{"line": 0}]}},
            "rejected.first[0].line is 0: it must be a whol",
        ),
        ({"trigger": "cron"}, "trigger is 'cron': it must be one of s3-trigger, sqs-trigger, man"),
        ({"run_id": "a/b"}, "run_id is 'a/b': it may have letters, digits, '.', '_' and '-', at "),
        ({"run_timestamp": "2026"}, "run_timestamp is '2026': it must be UTC as YYYYMMDD_HHMMSS"),
        ({"processing_config": {"rows": 21}}, "processing_config.rows is 21: it must be a whole "),
    ],
)
def test_a_fault_is_named_by_its_place_in_the_document(
    change: dict[str, object], message: str
) -> None:
    assert refused(to_json(MANIFEST) | change, Manifest).startswith(message)


def test_a_chunk_that_ends_before_it_begins_is_named_by_its_place_too() -> None:
    document = to_json(plan([{"ana": 3}, {"bo": 1}]))
    document["chunks"][1]["byte_range"] = [9, 8]
    assert refused(document, Manifest) == (
        "chunks[1].byte_range[1] is 8: it must be a whole number of at least 9"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"rows": {"total": 1, "placed": True}},
            "rows.placed is True: it must be a whole number of at least",
        ),
        ({"reasons": {"bored": 1}}, "reasons has 'bored', which is not in the vocabulary"),
        ({"reasons": {"timeout\n": 1}}, "reasons has 'timeout\\n', which is not in the vocabular"),
        ({"seconds": {"total": "1"}}, "seconds.total is '1': it must be a number of at least 0"),
        ({"seconds": {"total": 1e12}}, "seconds.total is 1000000000000.0: it must be a number o"),
        ({"status": "fine"}, "status is 'fine': it must be one of empty, complete, partial, fail"),
    ],
)
def test_a_fault_in_the_books_is_named_as_the_document_has_them(
    change: dict[str, object], message: str
) -> None:
    document = to_json(summary("r", "20261001_000000")) | change
    assert refused(document, RunSummary).startswith(message)


@pytest.mark.parametrize(
    "path",
    ["rows", "rows.placed", "reasons", "creators.total", "objects", "objects.bytes", "seconds"],
)
def test_a_missing_count_is_not_zero(path: str) -> None:
    document = to_json(RECEIPT)
    outer, _, inner = path.partition(".")
    del (document[outer] if inner else document)[inner or outer]
    assert refused(document, Receipt).startswith(f"{path} is missing: it must be a ")


def test_no_count_of_a_creator_may_be_missing_either() -> None:
    document = to_json(RECEIPT)
    del document["results"][0]["rows"]["failed"]
    assert refused(document, Receipt).startswith("results[0].rows.failed is missing: it must be ")


def test_a_field_that_may_be_null_and_is_missing_is_named() -> None:
    assert refused({}, WithNull) == "x is missing: it must be a string that is not empty"
    assert read({"x": None}, WithNull).x is None


def test_rows_that_are_missing_in_a_manifest_are_named_as_missing() -> None:
    document = to_json(MANIFEST)
    del document["rows"]
    assert refused(document, Manifest).startswith("rows is missing, but the chunks")


# What JSON may hold that is no document of ours.

ODD = {
    "not a number": b'{"x": 1, "y": NaN}',
    "infinity": b'{"x": -Infinity}',
    "a number of five thousand digits": b'{"x": ' + b"9" * 5000 + b"}",
    "deep nesting": b'{"x": ' + b"[" * 100_000,
    "deep nesting of what is ignored": b'{"x": 1, "y": ' + b'{"a":' * 100_000,
    "no UTF-8 in a text": b'{"x": "\xff"}',
    "no UTF-8 at all": b"\xff\xfe\x00",
    "nothing": b"",
    "two documents": b'{"x": 1} {"x": 2}',
    "an array": b"[1]",
    "a text": b'"x"',
}


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_invalid_json_is_refused_in_one_short_line(source: bytes | str) -> None:
    for kind in (WithCount, WithText):
        message = refused(source, kind)
        assert len(message) < 200
        assert "\n" not in message


@pytest.mark.parametrize("source", [b'{"x": 1e400}', rb'{"x": "\ud800"}', '{"x": "\ud800"}'])
def test_numbers_that_only_python_reads_are_refused(source: bytes | str) -> None:
    assert "it must be a whole number" in refused(source, WithCount)


def test_a_byte_order_mark_is_ignored() -> None:
    assert read('\ufeff{"x": 1}'.encode(), WithCount).x == 1


def test_of_a_repeated_key_the_last_one_counts() -> None:
    assert read(b'{"x": 1, "x": 2}', WithCount).x == 2
    assert refused(b'{"x": 1, "x": -2}', WithCount).startswith("x is -2")


@pytest.mark.parametrize("value", [2**63, 2**64, 10**30])
def test_a_number_of_any_size_is_a_number(value: int) -> None:
    assert read(json.dumps({"x": value}), WithCount).x == value
    assert refused(json.dumps({"x": value}), WithBounds).startswith(f"x is {value}: ")


@pytest.mark.parametrize("field_name", list(A_MESSAGE))
@pytest.mark.parametrize("value", [float("nan"), float("inf"), [[]], b"bytes"])
def test_a_message_that_was_parsed_elsewhere_is_refused_by_the_name_of_its_field(
    field_name: str, value: object
) -> None:
    with pytest.raises(MessageError, match=field_name):
        parse_message(A_MESSAGE | {field_name: value})


# What must not be said.

SIGNED = "https://cdn.example/1.jpg?x-expires=1&x-signature=CANARY"


@pytest.mark.parametrize("field_name", [*A_MESSAGE, "csv_data"])
@pytest.mark.parametrize(
    "value", [SIGNED, [SIGNED], {"a": SIGNED}, SIGNED * 5000, "x-expires=1&x-signature=CANARY"]
)
def test_no_message_shows_a_signature(field_name: str, value: object) -> None:
    for message in (A_MESSAGE, INLINE):
        logged = ""
        try:
            parse_message(message | {field_name: value})
        except MessageError:
            logged = traceback.format_exc()
        assert "CANARY" not in logged


@pytest.mark.parametrize("value", ["", None, 7, ["CANARY"], {"CANARY": 1}, True])
def test_a_csv_in_a_message_is_described_by_type_and_length_alone(value: object) -> None:
    with pytest.raises(MessageError, match=r"csv_data is (missing|an? \w+)") as error:
        parse_message(INLINE | {"csv_data": value})
    assert "CANARY" not in str(error.value)


def test_half_of_a_surrogate_pair_is_not_a_name() -> None:
    for field_name in ("run_id", "chunk_id", "output_prefix", "trigger", "run_timestamp"):
        with pytest.raises(MessageError, match=field_name):
            parse_message(A_MESSAGE | {field_name: "\ud800"})


@pytest.mark.parametrize("name", ["\ud800", "**", "-offset", "", "\0"])
@pytest.mark.parametrize("value", [1, "x", {"rows": 1}])
def test_a_field_of_any_name_that_is_not_known_is_ignored(name: str, value: object) -> None:
    unknown = {name: value}
    document = to_json(RECEIPT)
    document["rejected"] = [{"line": 7, "reason": "bad_row"}]
    expected = read(document, Receipt)
    document["rejected"][0] |= unknown
    document["results"][0] |= unknown
    assert read(document | unknown, Receipt) == expected
    config = A_MESSAGE["processing_config"] | unknown
    message = A_MESSAGE | unknown | {"processing_config": config}
    assert parse_message(message) == parse_message(A_MESSAGE)


@pytest.mark.parametrize("body", [f'["{SIGNED}"]', f'"{SIGNED}"', f'{{"csv_data": "{SIGNED}" x}}'])
def test_a_body_that_is_not_a_message_is_not_shown(body: str) -> None:
    with pytest.raises(MessageError, match="message body is ") as error:
        parse_message(body)
    assert "CANARY" not in str(error.value)


def test_a_value_that_may_hold_a_url_is_described() -> None:
    assert shown(SIGNED) == f"a string of {len(SIGNED)} characters"
    assert shown({"url": SIGNED}) == "an object of 1 fields"
    assert shown("manual-batch") == "'manual-batch'"


# What is written.


class Part(Struct):
    a: int
    hidden: int = field(name=f"{IN_MEMORY}hidden", default=1)


class Whole(Struct):
    first: int
    part: Part = field(name=FLAT)
    last: Mapping[str, int] = field(default_factory=dict)
    rest: Sequence[Part] = ()


def test_a_flat_field_is_written_in_its_place_and_read_from_there() -> None:
    whole = Whole(1, Part(2, 5), {"c": 4, "b": 3}, [Part(7)])
    written = to_json(whole)
    assert list(written.items()) == [
        ("first", 1),
        ("a", 2),
        ("last", {"b": 3, "c": 4}),
        ("rest", [{"a": 7}]),
    ]
    assert list(written["last"]) == ["b", "c"]
    assert read(written, Whole).part == Part(2)
    assert refused(written | {"a": "2"}, Whole).startswith("a is '2'")


def test_a_mapping_is_written_and_read_with_any_name() -> None:
    seconds = {"**": 1.0, "-x": 2.0, "": 3.0}
    document = to_json(RECEIPT) | {"seconds": seconds}
    assert to_json(read(document, Receipt))["seconds"] == seconds
