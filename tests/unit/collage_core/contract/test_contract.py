import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.chunk import Chunk
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.document import to_json
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage, InlineCsvMessage, parse_message
from collage_core.contract.options import OPTIONS
from collage_core.contract.reading import read
from collage_core.contract.rejected import Rejections
from collage_core.contract.trigger import Trigger
from collage_core.errors import MessageError
from tests.support.runs import plan
from tests.support.strategies import (
    byte_ranges,
    configs,
    date_counts,
    identifiers,
    prefixes,
    rejections,
    sources,
    timestamps,
)

chunks = st.builds(
    Chunk,
    chunk_id=identifiers,
    byte_range=byte_ranges,
    rows=st.integers(1, 10**6),
    creators=st.integers(0, 10**6),
    first_line=st.integers(1, 10**9),
)
messages = st.builds(
    ChunkMessage,
    run_id=identifiers,
    run_timestamp=timestamps,
    source=sources,
    chunk_id=identifiers,
    byte_range=byte_ranges,
    rows=st.integers(1, 10**6),
    creators=st.integers(0, 10**6),
    config=configs,
    output_prefix=prefixes,
    trigger=st.none() | st.sampled_from(Trigger),
)
manifests = st.builds(
    Manifest,
    run_id=identifiers,
    run_timestamp=timestamps,
    trigger=st.sampled_from(Trigger),
    source=sources,
    config=configs,
    output_prefix=prefixes,
    chunks=st.lists(chunks, max_size=4),
    rejected=rejections,
    origin=st.none() | sources,
    dates=st.none() | date_counts,
)

INLINE = {
    "processing_type": "csv_data",
    "csv_data": "creator_name,cover_url,updated_at\nana,http://h/1,2026-10-01",
    "processing_config": {"rows": 5, "cols": 7, "quality": 95},
    "output_prefix": "manual-batch/",
}


def a_message(**changed: object) -> dict[str, Any]:
    manifest = plan([{"ana": 3}])
    return to_json(manifest.message(manifest.chunks[0])) | changed


@given(messages)
def test_a_chunk_message_survives_json(message: ChunkMessage) -> None:
    assert parse_message(json.dumps(to_json(message))) == message


@given(manifests)
def test_a_manifest_survives_json(manifest: Manifest) -> None:
    assert read(json.dumps(to_json(manifest)), Manifest) == manifest


@given(messages)
def test_unknown_fields_of_a_later_release_are_ignored(message: ChunkMessage) -> None:
    assert parse_message(to_json(message) | {"colour": "blue"}) == message


def test_a_chunk_message_is_about_700_bytes() -> None:
    assert len(json.dumps(a_message())) < 800


def test_the_message_of_a_chunk_carries_what_the_manifest_says_of_it() -> None:
    manifest = plan([{"ana": 3}, {"bo": 2}])
    message = manifest.message(manifest.chunks[1])
    assert message.chunk_id == manifest.chunks[1].chunk_id
    assert message.byte_range == manifest.chunks[1].byte_range
    assert (message.rows, message.creators) == (2, 1)
    assert message.source == manifest.source
    assert message.trigger is Trigger.SQS


def test_a_csv_in_a_message_is_understood_as_the_contract_shows_it() -> None:
    message = parse_message(json.dumps(INLINE))
    assert isinstance(message, InlineCsvMessage)
    assert message.csv_data == INLINE["csv_data"]
    assert message.config == ProcessingConfig(rows=5, cols=7, quality=95)
    assert message.output_prefix == "manual-batch"


def test_a_config_that_is_left_out_is_the_receivers_own() -> None:
    defaults = ProcessingConfig(rows=6, cols=6, timeout=5)
    bare = {"processing_type": "csv_data", "csv_data": "x"}
    assert parse_message(bare, defaults=defaults).config == defaults
    some = parse_message(bare | {"processing_config": {"rows": 2}}, defaults=defaults)
    assert some.config == ProcessingConfig(rows=2, cols=6, timeout=5)


def test_a_chunk_that_says_nothing_of_the_picture_gets_the_picture_of_before() -> None:
    ours = ProcessingConfig(rows=6, timeout=5, trim=True, gravity="upper", title="{creator}")
    asked = {"rows": 2, "gutter": 4}
    chunk = parse_message(a_message(processing_config=asked), defaults=ours)
    assert chunk.config == ProcessingConfig(rows=2, timeout=5, gutter=4)
    inline = {"processing_type": "csv_data", "csv_data": "x", "processing_config": asked}
    assert parse_message(inline, defaults=ours).config == replace(ours, rows=2, gutter=4)
    plain = parse_message(inline | {"processing_config": {"trim": False}}, defaults=ours)
    assert plain.config == replace(ours, trim=False)


def test_a_chunk_of_a_new_run_says_how_its_collages_look_whatever_the_receiver_thinks() -> None:
    config = ProcessingConfig(trim=True, gravity="upper", background="#ffffff", max_bytes=90_000)
    manifest = replace(plan([{"ana": 1}]), config=config)
    sent = to_json(manifest.message(manifest.chunks[0]))
    receiver = ProcessingConfig(trim=False, gravity="north", labels="date", order="oldest")
    assert parse_message(sent, defaults=receiver).config == config


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"text"',
        "{}",
        '{"processing_type":"video"}',
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_a_body_that_is_not_a_message_is_refused(body: str) -> None:
    with pytest.raises(MessageError):
        parse_message(body)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3))
def test_any_value_of_a_field_is_either_read_or_refused(value: Any) -> None:
    for field in a_message():
        with contextlib.suppress(MessageError):
            parse_message(a_message(**{field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_version", 2),
        ("schema_version", None),
        ("run_id", ""),
        ("run_id", "../other"),
        ("run_id", ".hidden"),
        ("run_id", "x" * 201),
        ("chunk_id", "a/b"),
        ("bucket", None),
        ("key", 7),
        ("etag", ""),
        ("byte_range", [0]),
        ("byte_range", [5, 4]),
        ("byte_range", [-1, 4]),
        ("byte_range", ["0", "4"]),
        ("rows", 0),
        ("rows", True),
        ("rows", 1.0),
        ("creators", -1),
        ("run_timestamp", "2026-10-01"),
        ("processing_config", []),
        ("processing_config", {"rows": 0}),
        ("processing_config", {"quality": "95"}),
        ("output_prefix", "../up"),
        ("output_prefix", "a//b"),
        ("output_prefix", "white space"),
        ("output_prefix", "x" * 201),
        ("trigger", "cron"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(field: str, value: object) -> None:
    with pytest.raises(MessageError, match=field):
        parse_message(a_message(**{field: value}))


@pytest.mark.parametrize(
    "field",
    ["processing_type", "run_id", "chunk_id", "output_prefix", "trigger", "run_timestamp"],
)
def test_a_field_of_any_length_is_refused_in_one_line_that_can_be_read(field: str) -> None:
    with pytest.raises(MessageError, match=field) as refused:
        parse_message(a_message(**{field: "?" * 200_000}))
    assert len(str(refused.value)) < 300


def test_a_folder_of_slashes_is_refused_at_once() -> None:
    before = time.process_time()
    with pytest.raises(MessageError, match="output_prefix"):
        parse_message(a_message(output_prefix="/" * 30_000 + "\n"))
    assert time.process_time() - before < 1


def test_an_etag_is_kept_without_its_quotes() -> None:
    assert read({"bucket": "b", "key": "k", "etag": '"abc"'}, CsvSource).etag == "abc"


@pytest.mark.parametrize("field", [name for name in OPTIONS if OPTIONS[name].kind is int])
def test_a_config_may_go_to_its_bounds_and_not_beyond(field: str) -> None:
    least, most = OPTIONS[field].least, OPTIONS[field].most
    for allowed in (least, most):
        assert getattr(ProcessingConfig(**{field: allowed}), field) == allowed
    for refused in (least - 1, most + 1):
        with pytest.raises(MessageError, match=rf"{field} is {refused}: .* {least} to {most}"):
            ProcessingConfig(**{field: refused})


def test_a_manifest_whose_rows_do_not_add_up_is_refused() -> None:
    document = to_json(plan([{"ana": 3}])) | {"rows": 4}
    with pytest.raises(MessageError, match=r"rows is 4, .* add up to 3"):
        read(document, Manifest)


def test_a_manifest_counts_rejected_rows_too() -> None:
    manifest = plan([{"ana": 3, "bo": 1}], rejected=Rejections({"bad_row": 2}, creators=1))
    assert (manifest.rows, manifest.creators) == (6, 3)
