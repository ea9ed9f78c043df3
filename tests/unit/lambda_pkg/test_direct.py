"""Messages by a direct invocation, and what it answers."""

from io import BytesIO

import pytest
from PIL import Image

from collage_core.contract.cell_size import CELL_SIZES
from collage_core.errors import CsvFormatError, MessageError
from tests.support.lambda_world import World, with_settings


def test_a_message_invoked_directly_returns_the_summary_of_its_csv(world: World) -> None:
    answer = world.invoke(
        {
            "processing_type": "csv_data",
            "csv_data": world.csv({"ana": 3}),
            "output_prefix": "try/out",
        }
    )
    assert answer["trigger"] == "manual"
    assert answer["rows"]["placed"] == 3
    (key,) = world.keys(world.settings.output_bucket, "collages/manual/")
    assert key == f"collages/manual/try/out/ana_collage_{answer['run_timestamp']}.jpg"


def test_a_chunk_invoked_directly_returns_its_receipt(world: World) -> None:
    text = world.csv({"ana": 2})
    bucket = world.settings.input_bucket
    etag = world.put(bucket, "csv-files/a.csv", text)
    message = {
        "schema_version": 1,
        "processing_type": "csv_s3",
        "run_id": "by-hand",
        "chunk_id": "00000-a",
        "bucket": bucket,
        "key": "csv-files/a.csv",
        "etag": etag,
        "byte_range": [text.index("\n") + 1, len(text) - 1],
        "rows": 2,
        "creators": 1,
        "run_timestamp": "20261001_000000",
    }
    answer = world.invoke(message)
    assert answer["chunk_id"] == "00000-a"
    assert answer["trigger"] == "manual"
    assert answer["rows"]["placed"] == 2
    assert world.invoke(message) == answer


def test_the_cells_have_the_size_that_the_function_is_set_to(world: World) -> None:
    large = with_settings(world, cell_size=CELL_SIZES["360x480"])
    answer = large.invoke({"processing_type": "csv_data", "csv_data": world.csv({"ana": 3})})
    bucket = world.settings.output_bucket
    (key,) = world.keys(bucket, "collages/manual/")
    body = world.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert answer["rows"]["placed"] == 3
    assert Image.open(BytesIO(body)).size == (720, 960)


def test_a_csv_whose_grid_is_too_large_for_the_cells_is_refused_unplanned(
    world: World,
) -> None:
    large = with_settings(world, cell_size=CELL_SIZES["360x480"])
    with pytest.raises(MessageError, match="20x20, 400 cells"):
        large.invoke(
            {
                "processing_type": "csv_data",
                "csv_data": world.csv({"ana": 3}),
                "processing_config": {"rows": 20, "cols": 20},
            }
        )
    assert world.keys(world.settings.temp_bucket) == []


def test_an_unusable_csv_is_an_error_of_the_direct_invocation(world: World) -> None:
    with pytest.raises(CsvFormatError):
        world.invoke({"processing_type": "csv_data", "csv_data": "name,url\n"})
