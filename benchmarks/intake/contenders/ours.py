"""The core: a CSV from outside is read, checked and put in order.

Run as `python -m benchmarks.intake.contenders.ours COVERS.csv`.
"""

import pathlib
import sys

from collage_core.covers.ingest import take_in

if __name__ == "__main__":
    take_in(pathlib.Path(sys.argv[1]).read_bytes(), chunk_rows=2000)
