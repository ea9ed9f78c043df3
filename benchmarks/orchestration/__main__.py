"""`python -m benchmarks.orchestration`: a run sent and waited for, beside the usual ways.

It starts its own AWS and Airflow on loopback, and removes both at the end. Programs and DAGs take
turns. The output is Markdown. Ratios within one run hold on a busy machine, seconds do not.
"""

import argparse
import signal
import sys
from collections.abc import Sequence

from benchmarks.harness.errors import BenchmarkError
from benchmarks.orchestration.dag_runs import measure_dag_runs
from benchmarks.orchestration.polls import measure_polls
from benchmarks.orchestration.report import as_markdown
from benchmarks.orchestration.sending import measure_sending
from benchmarks.orchestration.servers import servers
from collage_core.covers.chunking import MOST_CHUNKS
from local.errors import TwinError
from local.folder import REPO, Folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 1 when a contender, a DAG run or a server fails."""
    options = _options(arguments)
    # SIGTERM, like SIGINT, unwinds the stack, which stops the servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    size = {"chunks": options.chunks, "rows": options.rows, "rounds": options.rounds}
    try:
        with servers(Folder(REPO / ".twin" / "benchmark-orchestration")) as running:
            polls = measure_polls(running, **size)
            sending = measure_sending(running, **size)
            runs = measure_dag_runs(running, **size, mapped=options.mapped)
    except (BenchmarkError, TwinError) as error:
        print(f"benchmarks.orchestration: {error}", file=sys.stderr)
        return 1
    print(as_markdown(polls, sending, runs, chunks=options.chunks))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orchestration", description=__doc__)
    parser.add_argument("--chunks", type=int, default=MOST_CHUNKS, help="(default: %(default)s)")
    parser.add_argument("--rows", type=int, default=100_000, help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="(default: %(default)s)")
    parser.add_argument(
        "--mapped",
        type=int,
        nargs="+",
        default=(10, 50),
        metavar="TASKS",
        help="the numbers of mapped tasks that are measured; what as many as there are chunks "
        "would take is computed from the two smallest (default: 10 50)",
    )
    options = parser.parse_args(arguments)
    if len({*options.mapped}) < 2:
        parser.error("--mapped needs two different numbers")
    return options


if __name__ == "__main__":
    sys.exit(main())
