"""img2dataset, set to make cells: `python -m benchmarks.collage.contenders.img2dataset_script`.

Takes CSV and DIR. It makes no collages: it downloads, resizes and saves each cover as a file.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path

from img2dataset import download

from benchmarks.harness.measure import Work, peak_mb

_CELL_WIDTH = 300
_QUALITY = 95
_DOWNLOADS = 64


def _run(csv_path: Path, folder: Path, *, covers: int, processes: int) -> None:
    download(
        url_list=str(csv_path),
        input_format="csv",
        url_col="cover_url",
        output_folder=str(folder),
        output_format="files",
        processes_count=processes,
        thread_count=_DOWNLOADS // processes,
        # A shard is the work of one process.
        number_sample_per_shard=-(-covers // processes),
        # The shorter side: covers of 3:4 get the size of a cell.
        resize_mode="keep_ratio",
        image_size=_CELL_WIDTH,
        encode_quality=_QUALITY,
        extract_exif=False,
        compute_hash=None,
    )


def main(csv_path: Path, folder: Path) -> None:
    """Download half of the covers, then all, to separate the work from the start of processes.

    Each call starts its processes again, which load their libraries for seconds. The CPU time
    that the second call takes more than the first is the work of the other half.
    """
    idle_mb, processes = peak_mb(), os.cpu_count() or 1
    header, *rows = csv_path.read_text().splitlines(keepends=True)
    folder.mkdir(parents=True, exist_ok=True)
    half_csv = folder / "half.csv"
    half_csv.write_text("".join([header, *rows[: len(rows) // 2]]))
    half, whole = (
        Work.of(
            partial(_run, path, folder / path.stem, covers=covers, processes=processes),
            idle_mb=idle_mb,
        )
        for path, covers in ((half_csv, len(rows) // 2), (csv_path, len(rows)))
    )
    Work(
        seconds=_seconds(folder / csv_path.stem),
        cpu_seconds=2 * (whole.cpu_seconds - half.cpu_seconds),
        idle_mb=idle_mb,
    ).report()


def _seconds(folder: Path) -> float:
    """By its own statistics: from the start of the first shard to the end of the last."""
    shards = [json.loads(file.read_text()) for file in folder.glob("*_stats.json")]
    ended = max(float(shard["end_time"]) for shard in shards)
    return ended - min(float(shard["start_time"]) for shard in shards)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
