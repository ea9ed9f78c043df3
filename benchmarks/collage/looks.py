"""`python -m benchmarks.collage.looks`: the CPU time of each option, beside the default.

One thread makes collages of 35 covers in memory. Every second cover is wider than a cell, because
only such covers are cropped or get a ground. Options take turns within each round, and the shortest
times of the rounds count.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO
from typing import Any

from PIL import Image

from benchmarks.collage.covers import JPEG, paint_covers
from benchmarks.harness.table import Table
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.pictures.imaging import decode_cell
from collage_core.recipes.collage.canvas import Collage, compose
from collage_core.recipes.collage.captions import Captions

_ROUNDS = 12
_DEFAULT = "default"
_LABELS = [f"2026-10-{31 - number % 31:02}" for number in range(35)]
_NAMES = ["日本語のカバー 🦊"] * 35

_LOOKS: Mapping[str, tuple[Mapping[str, Any], Captions, int]] = {
    _DEFAULT: ({}, Captions(), 35),
    "trim, 8 covers": ({"trim": True}, Captions(), 8),
    "no trim, 8 covers": ({}, Captions(), 8),
    "fit=contain": ({"fit": "contain"}, Captions(), 35),
    "fit=blur": ({"fit": "blur"}, Captions(), 35),
    "gutter=12, margin=24": ({"gutter": 12, "margin": 24}, Captions(), 35),
    "corner=24": ({"corner": 24}, Captions(), 35),
    "labels=date": ({}, Captions(labels=_LABELS), 35),
    "labels=creator": ({}, Captions(labels=_NAMES), 35),
    "title": ({"title": "x"}, Captions("日本語のカバー, 2026-10-01 to 2026-10-31"), 35),
    "progressive": ({"progressive": True}, Captions(), 35),
    "format=webp": ({"format": "webp"}, Captions(), 35),
    "format=png": ({"format": "png"}, Captions(), 35),
    "max_bytes=1000000": ({"max_bytes": 1_000_000}, Captions(), 35),
    "max_bytes=100000": ({"max_bytes": 100_000}, Captions(), 35),
    "webp, max_bytes=300000": ({"format": "webp", "max_bytes": 300_000}, Captions(), 35),
}


def main() -> None:
    """Print the table in Markdown."""
    covers = [_of_two_shapes(number, body) for number, body in enumerate(paint_covers(JPEG))]
    rounds = [{name: _measure(covers, name) for name in _LOOKS} for _ in range(_ROUNDS)]
    shortest = {name: min(one[name][0] for one in rounds) for name in _LOOKS}
    rows = [
        [
            name,
            f"{shortest[name]:.0f}",
            f"{shortest[name] / shortest[_DEFAULT]:.2f}x",
            f"{rounds[0][name][1] / 1000:.0f}",
        ]
        for name in _LOOKS
    ]
    header = ["", "CPU ms per collage", "of the default", "KB/collage"]
    print(Table(header, rows).markdown())


def _of_two_shapes(number: int, body: bytes) -> bytes:
    if number % 2 == 0:
        return body
    file = BytesIO()
    wide = Image.open(BytesIO(body)).transpose(Image.Transpose.ROTATE_90)
    wide.save(file, JPEG.name, **JPEG.options)
    return file.getvalue()


def _measure(covers: Sequence[bytes], name: str) -> tuple[float, int]:
    options, captions, count = _LOOKS[name]
    config = ProcessingConfig(**options)
    start = time.process_time()
    collage = _collage(covers[:count], config, captions)
    return (time.process_time() - start) * 1000, len(collage.picture)


def _collage(covers: Sequence[bytes], config: ProcessingConfig, captions: Captions) -> Collage:
    fitting = partial(
        decode_cell, fit=config.fit, background=config.background, corner=config.corner
    )
    found = [fitting(cover) for cover in covers]
    return compose(
        [cell for cell in found if not isinstance(cell, Reason)], config, captions=captions
    )


if __name__ == "__main__":
    main()
