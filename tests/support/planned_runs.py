"""A plan of a run, as `approve` gets it."""

from typing import Any

from collage_airflow.approval.planned import Planned

RUN_ID = "cover_collage_monthly-20261001_000000-00000000"


def planned(**changes: Any) -> Planned:
    """October's, which asks for nothing. Unless it is said otherwise, nothing of it is done."""
    told = {
        "run_id": RUN_ID,
        "about": "October 2026",
        "window_start": "2026-10-01T00:00:00+00:00",
        "window_end": "2026-11-01T00:00:00+00:00",
        "rows": 2_000_000,
        "creators": 60_000,
        "chunks": 1000,
        "chunks_to_do": 1000,
        "estimated_dollars": 1.9,
        "estimated_keeping_dollars": 7.6,
        "estimated_seconds": 3000,
        "formula": "2,000,000 covers x 15.0 ms",
        "packs": 0,
        "kept_percent": 90.0,
        "alive_percent": 4.0,
        "dead_percent": 6.0,
        "dead_percent_error": 2.5,
        **changes,
    }
    all_dollars = told["estimated_dollars"] + told["estimated_keeping_dollars"]
    to_do = {"dollars_to_do": all_dollars, "seconds_to_do": told["estimated_seconds"]}
    return Planned.of_xcom(to_do | told)
