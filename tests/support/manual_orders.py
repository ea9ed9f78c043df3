"""What the manual DAG is asked for, in every way that its form offers."""

from typing import Any, Final

from collage_core.covers.cover_csv import HEADER
from local.sample.rows import sample_rows
from local.settings import INPUT_BUCKET
from local.twin import Twin

KEY: Final = "manual-uploads/mine.csv"
OCTOBER: Final = {"window_start": "2026-10-01", "window_end": "2026-11-01"}
SEPTEMBER: Final = {"window_start": "2026-09-01", "window_end": "2026-10-01"}
SMALL: Final = {"rows": 2, "cols": 2}


def orders(twin: Twin) -> dict[str, dict[str, Any]]:
    """The conf of each run; the CSV that one of them names is uploaded."""
    twin.aws.s3().put_object(
        Bucket=INPUT_BUCKET, Key=KEY, Body=_csv(twin, "row_seven", "row_eight").encode()
    )
    return {
        "september": {**SEPTEMBER, **SMALL, "output_prefix": "september"},
        "creators": {**OCTOBER, **SMALL, "creators": ["Ana", "aná"], "output_prefix": "two"},
        "limit": {**OCTOBER, **SMALL, "limit": 2},
        "csv": {**SMALL, "csv_key": KEY, "output_prefix": "mine"},
        "text": {**SMALL, "csv_text": _csv(twin, "one_hit_wonder")},
        "dry run": {"window_start": "2026-09-01", "window_end": "2026-11-01", "dry_run": True},
        "unknown creator": {**OCTOBER, "creators": ["ANA", "row_seven"]},
        "nothing": {},
    }


def _csv(twin: Twin, *creators: str) -> str:
    rows = [row for row in sample_rows(twin.covers.url) if row.creator in creators and row.mark]
    lines = [f"{row.creator},{row.url},{row.updated_at.isoformat()}\n" for row in rows]
    return HEADER.decode() + "".join(reversed(lines))
