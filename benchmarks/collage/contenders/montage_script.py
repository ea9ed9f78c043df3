"""The better script with ImageMagick: `python -m benchmarks.collage.contenders.montage_script`.

Takes CSV and DIR, and calls `montage` once for each creator.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.collage.contenders.peer import CELL, COLS, QUALITY, ROWS, run
from benchmarks.harness.measure import peak_mb, report_work

_CELL = f"{CELL[0]}x{CELL[1]}"


def _collage(covers: Sequence[bytes], path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / f"{index:03}.jpg" for index in range(len(covers))]
        for file, cover in zip(files, covers, strict=True):
            file.write_bytes(cover)
        command = [
            "montage",
            # Its manual advises this for thumbnails: libjpeg decodes no more than is needed.
            *("-define", f"jpeg:size={_CELL}"),
            # Optimal Huffman tables are smaller and slower; no other contender makes them.
            *("-define", "jpeg:optimize-coding=false"),
            *map(str, files),
            *("-thumbnail", f"{_CELL}^", "-gravity", "center", "-extent", _CELL),
            *("-geometry", "+0+0", "-tile", f"{COLS}x{ROWS}"),
            *("-quality", str(QUALITY), "-sampling-factor", "4:4:4", str(path)),
        ]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    report_work(lambda: run(_collage, Path(sys.argv[1]), Path(sys.argv[2])), idle_mb=peak_mb())
