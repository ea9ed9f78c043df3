"""The books of the sample's main month, wherever it is run: in the twin or in containers."""

from collections.abc import Mapping
from typing import Any

SAMPLE_BOOKS = {
    "rows": {
        "total": 1003,
        "placed": 803,
        "duplicate": 4,
        "not_selected": 173,
        "rejected": 7,
        "failed": 16,
    },
    "reasons": {
        "blocked_address": 2,
        "expired_url": 1,
        "http_403": 3,
        "http_404": 3,
        "http_410": 2,
        "invalid_url": 4,
        "no_creator": 3,
        "not_an_image": 2,
        "timeout": 1,
        "truncated_image": 2,
    },
    "creators": {"total": 46, "complete": 43, "partial": 2, "failed": 1},
    "objects": {"collages": 45, "thumbnails": 45},
}


def books_of(summary: Mapping[str, Any]) -> Mapping[str, Mapping[str, int]]:
    """The same sections of a run's summary.

    Without the bytes of the objects: a picture also names its run and the release.
    """
    books = {section: dict(summary[section]) for section in SAMPLE_BOOKS}
    del books["objects"]["bytes"]
    return books
