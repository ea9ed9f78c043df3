"""The core: reads the indexes, joins, and writes a document for each chunk."""

import sys
from pathlib import Path

from benchmarks.planning.kept_days import RUN_ID, SETTINGS, TODAY, store_in
from collage_core.run.plan_packs import plan_packs
from collage_core.run.run import Run

if __name__ == "__main__":
    run = Run.open(store_in(Path(sys.argv[1])), SETTINGS, RUN_ID)
    planned = plan_packs(run, today=TODAY, renew=True)
    print(f"{planned.packs} packs, {planned.looked_into} of all chunks together")
