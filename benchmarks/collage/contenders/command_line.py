"""`python -m collage_core`, its arguments passed on, with its start left out of the measurement."""

import sys

from benchmarks.measure import peak_mb, report_work
from collage_core.__main__ import main

if __name__ == "__main__":
    report_work(lambda: main(sys.argv[1:]), idle_mb=peak_mb())
