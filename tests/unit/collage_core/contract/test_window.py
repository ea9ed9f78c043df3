"""The window of a run goes from its plan to its messages, and stands in them as people read it."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from collage_core.contract.document import to_json
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage, parse_message
from collage_core.contract.reading import read
from collage_core.contract.window import Window
from collage_core.errors import MessageError
from tests.support import runs

OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
WITHOUT = runs.plan([{"ana": 2}])
MANIFEST = replace(WITHOUT, window=OCTOBER)
WRITTEN = {"start": "2026-10-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"}


def test_a_window_is_written_in_iso_8601_and_read_again() -> None:
    document = to_json(MANIFEST)
    assert document["window"] == WRITTEN
    assert read(document, Manifest) == MANIFEST


def test_a_message_has_the_window_of_its_run() -> None:
    message = parse_message(to_json(MANIFEST.message(MANIFEST.chunks[0])))
    assert isinstance(message, ChunkMessage)
    assert message.window == OCTOBER


def test_documents_of_a_csv_from_outside_have_no_window() -> None:
    assert "window" not in to_json(WITHOUT)
    assert "window" not in to_json(WITHOUT.message(WITHOUT.chunks[0]))


@pytest.mark.parametrize("start", ["October", "2026-10-01T00:00:00", 7])
def test_a_moment_that_is_none_is_named_with_what_it_must_be(start: object) -> None:
    with pytest.raises(MessageError, match=r"window\.start is .* for example 2026-10-01T00:00:00Z"):
        read({**to_json(MANIFEST), "window": {**WRITTEN, "start": start}}, Manifest)
