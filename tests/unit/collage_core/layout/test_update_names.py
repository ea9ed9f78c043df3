"""Names that are almost that of a CSV with fresh URLs."""

import pytest

from collage_core.layout.update_names import meant_as_update

DAY = "csv-files/2026/10/01"
SECOND = f"{DAY}/update_batch_002.csv"


@pytest.mark.parametrize(
    ("key", "right"),
    [
        (f"{DAY}/update_batch_2.csv", SECOND),
        (f"{DAY}/update_batch_0002.csv", SECOND),
        (f"{DAY}/update_batch_000.csv", SECOND),
        (f"{DAY}/update_batch_1.csv", SECOND),
        (f"{DAY}/update_batch.csv", SECOND),
        (f"{DAY}/update_batch_1000.csv", SECOND),
        (f"{DAY}/update_batch_{'9' * 5000}.csv", SECOND),
        (f"{DAY}/update-batch-012.csv", f"{DAY}/update_batch_012.csv"),
        (f"{DAY}/Updates Batches 7.CSV", f"{DAY}/update_batch_007.csv"),
        (f"{DAY}/UPDATEBATCH003.csv", f"{DAY}/update_batch_003.csv"),
        (f"{DAY}/update_batch_002 (1).csv", SECOND),
        (f"{DAY}/update_batch_002_final.csv", SECOND),
        (f"{DAY}/update_batch_002.csv.csv", SECOND),
        (f"{DAY}/update_batch_002 .csv", SECOND),
        (f"{DAY}/my_update_batch_002.csv", SECOND),
        (f"{DAY}/update_batch_\u0660\u0660\u0662.csv", SECOND),
        (f"{DAY}/update_batch_\uff10\uff10\uff12.csv", SECOND),
        (f"{DAY}/x/update_batch_002.csv", SECOND),
        ("csv-files/2026/10/1/update_batch_002.csv", SECOND),
        ("csv-files/2026-10-01/update_batch_001.csv", SECOND),
        ("csv-files/20261001/update_batch_002.csv", SECOND),
        ("csv-files/update_batch_003.csv", "csv-files/YYYY/MM/DD/update_batch_003.csv, where"),
        ("csv-files/2026/13/99/my_update_batch_3.csv", "csv-files/YYYY/MM/DD/update_batch_003.csv"),
    ],
)
def test_the_right_name_is_said(key: str, right: str) -> None:
    advice = meant_as_update(key)
    assert advice is not None
    assert f"upload it as {right}" in advice
    assert "\n" not in advice


@pytest.mark.parametrize(
    "key",
    [
        SECOND,
        f"{DAY}/Update_Batch_002.CSV",
        f"{DAY}/update_batch_001.csv",
        f"{DAY}/monthly_batch_20261001.csv",
        f"{DAY}/update_october.csv",
        f"{DAY}/update_batch_2/october.csv",
        "manual-uploads/update_batch_2.csv",
    ],
)
def test_other_names_are_left_alone(key: str) -> None:
    assert meant_as_update(key) is None
