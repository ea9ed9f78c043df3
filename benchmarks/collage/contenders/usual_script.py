"""What one would write in an afternoon: creator by creator, eight threads, full decoding.

Run as `python -m benchmarks.collage.contenders.usual_script COVERS.csv DIR`.
"""

import csv
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import groupby
from pathlib import Path

import requests
from PIL import Image, ImageOps

from benchmarks.harness.measure import peak_mb, report_work

CELL, ROWS, COLS = (300, 400), 5, 7


def _download(url: str) -> bytes:
    return requests.get(url, timeout=30).content


def main(csv_path: str, out: str) -> None:
    """Read the CSV and write one JPEG per creator."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with open(csv_path, newline="") as file:  # noqa: PTH123  as one would write it
        rows = list(csv.DictReader(file))
    for creator, group in groupby(rows, key=lambda row: row["creator_name"]):
        urls = [row["cover_url"] for row in group][: ROWS * COLS]
        canvas = Image.new("RGB", (COLS * CELL[0], ROWS * CELL[1]), "white")
        with ThreadPoolExecutor(8) as pool:
            bodies = list(pool.map(_download, urls))
        for index, body in enumerate(bodies):
            cover = Image.open(BytesIO(body)).convert("RGB")
            cell = ImageOps.fit(cover, CELL, Image.Resampling.LANCZOS)
            canvas.paste(cell, (index % COLS * CELL[0], index // COLS * CELL[1]))
        canvas.save(folder / f"{creator}.jpg", quality=95)


if __name__ == "__main__":
    report_work(lambda: main(*sys.argv[1:]), idle_mb=peak_mb())
