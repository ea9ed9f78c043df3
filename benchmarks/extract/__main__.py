"""`python -m benchmarks.extract`: the extract task beside what one would use or write instead.

All contenders read the same rows from the same server, each in a process of its own, in turns.
The output is Markdown; docs/benchmarks.md explains the figures.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import closing

from benchmarks.extract import covers_table
from benchmarks.extract.load import Load, write_sql
from benchmarks.extract.outcome import Machine, Outcome
from benchmarks.extract.participants import available_bytes, everyone, ours
from benchmarks.extract.plot import save_plot
from benchmarks.extract.race import race_on
from benchmarks.extract.report import as_markdown
from benchmarks.extract.servers import Servers, servers
from benchmarks.extract.waiting import measure_waiting
from benchmarks.harness.contender import split_by_hindrance
from benchmarks.harness.errors import BenchmarkError
from benchmarks.harness.options import add_figure_files, parse
from benchmarks.harness.report import save_json
from local.errors import TwinError
from local.folder import REPO, Folder

ROWS = 2_000_000
GROWTH = (200_000, 1_000_000, 2_000_000, 5_000_000)
QUICK_ROWS = 200_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the files that were asked for. Returns 1 when that fails."""
    options = _options(arguments)
    # SIGTERM, like SIGINT, unwinds the stack, which stops the servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with servers(Folder(REPO / ".twin" / "benchmark")) as running:
            outcome = run(
                running,
                rows=options.rows,
                creators=options.creators,
                rounds=options.rounds,
                growth=GROWTH if options.growth else (),
            )
    except (BenchmarkError, TwinError) as error:
        print(error, file=sys.stderr)
        return 1
    print(as_markdown(outcome))
    if options.json:
        save_json(outcome.to_json(), options.json)
    if options.plot:
        save_plot(outcome, options.plot)
    return 0


def run(
    running: Servers, *, rows: int, creators: int, rounds: int, growth: Sequence[int]
) -> Outcome:
    """Measure everything, on servers that are already running.

    Args:
        running: the servers that the contenders connect to; their table is filled here.
        rows: number of covers for the comparison.
        creators: number of creators that they belong to.
        rounds: runs of each contender.
        growth: numbers of rows at which the extract task is measured alone.

    Raises BenchmarkError when a contender fails.
    """
    sql = write_sql(running)
    free = available_bytes()
    contenders, left_out = split_by_hindrance(
        everyone(), lambda one: one.hindrance(rows=rows, free_bytes=free)
    )
    with closing(running.mysql.connect()) as connection:
        grown = []
        for size in growth:
            covers_table.fill(connection, rows=size, creators=covers_table.usual_creators(size))
            grown += race_on(Load(running, size), [ours()], rounds=rounds)
        covers_table.fill(connection, rows=rows, creators=creators)
        counted_rows, counted_creators = covers_table.count(connection)
        machine = Machine.here(database=connection.get_server_info())
    return Outcome(
        machine=machine,
        rows=counted_rows,
        creators=counted_creators,
        rounds=rounds,
        waiting=measure_waiting(running.mysql, sql),
        results=race_on(Load(running, counted_rows), contenders, rounds=rounds),
        left_out=left_out,
        growth=grown,
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.extract",
        description="The extract task beside its peers, as Markdown on stdout.",
    )
    parser.add_argument("--rows", type=int, default=ROWS, help=f"covers; {ROWS:,} if not given")
    parser.add_argument("--creators", type=int, help="one for 33 rows if not given")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender; 3")
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK_ROWS:,} rows and one round: a minute, to see that it works",
    )
    parser.add_argument(
        "--growth",
        action="store_true",
        help=f"also measure the extract task alone at {', '.join(f'{n:,}' for n in GROWTH)} rows",
    )
    add_figure_files(parser)
    options = parse(parser, arguments)
    if options.quick:
        options.rows, options.rounds = QUICK_ROWS, 1
    options.creators = options.creators or covers_table.usual_creators(options.rows)
    return options


if __name__ == "__main__":
    sys.exit(main())
