"""Documents may be read by many threads at once, also the first ones of their kind."""

import subprocess
import sys
from pathlib import Path

import pytest

SUMMARY = Path(__file__).parent / "written_before" / "summary.json"
READ = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from collage_core.contract.reading import read
from collage_core.contract.summary import RunSummary

body = Path(sys.argv[1]).read_bytes()
sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(16) as pool:
    list(pool.map(lambda _: read(body, RunSummary), range(64)))
"""


@pytest.mark.thorough
def test_the_first_document_of_a_kind_may_be_read_by_many_threads_at_once() -> None:
    # Without the lock, about one process of ten dies or hangs in msgspec.
    for _ in range(30):
        subprocess.run([sys.executable, "-c", READ, str(SUMMARY)], check=True, timeout=30)  # noqa: S603
