"""The core: a CSV from outside is read, checked and put in order.

Run as `python -m benchmarks.intake.contenders.ours COVERS.csv`.
"""

import pathlib
import sys

from collage_core.covers.ingest import ingest_csv

if __name__ == "__main__":
    ingest_csv(pathlib.Path(sys.argv[1]).read_bytes(), chunk_rows=2000)
