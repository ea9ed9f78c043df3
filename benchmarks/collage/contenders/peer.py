"""What the better scripts share: everything except the picture library.

All covers of a creator are downloaded at once over connections that stay open. As many creators
are processed at a time as there are cores, so that one is decoded while another is downloaded.
"""

import csv
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

DOWNLOADS = 64
CELL, ROWS, COLS = (300, 400), 5, 7
QUALITY = 95


def run(
    make_collage: Callable[[Sequence[bytes], Path], None], csv_path: Path, folder: Path
) -> None:
    """Call `make_collage` with each creator's covers and the file to write."""
    folder.mkdir(parents=True, exist_ok=True)
    with csv_path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=DOWNLOADS))

    def download(url: str) -> bytes:
        response = session.get(url, timeout=30)
        response.raise_for_status()
        return response.content

    with (
        ThreadPoolExecutor(DOWNLOADS) as downloads,
        ThreadPoolExecutor(os.cpu_count()) as makers,
    ):

        def make(name: str, urls: Sequence[str]) -> None:
            make_collage(list(downloads.map(download, urls)), folder / f"{name}.jpg")

        made = [
            makers.submit(make, name, [row["cover_url"] for row in group][: ROWS * COLS])
            for name, group in groupby(rows, key=lambda row: row["creator_name"])
        ]
        for collage in made:
            collage.result()
