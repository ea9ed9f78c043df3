"""`python -m benchmarks.extract`: the extract task beside what one would use or write instead.

All take the same rows out of the same server, each in a process of its own, in turns. What it
prints is Markdown; docs/benchmarks.md says what the figures mean.
"""

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.extract import covers, plot
from benchmarks.extract.field import Contender, available_bytes, ours, peers
from benchmarks.extract.outcome import Machine, Outcome
from benchmarks.extract.race import Track, race
from benchmarks.extract.report import markdown
from benchmarks.extract.servers import Servers, servers
from benchmarks.extract.waiting import measure_waiting
from local.errors import TwinError
from local.folder import REPO, Folder

ROWS = 2_000_000
GROWTH = (200_000, 1_000_000, 2_000_000, 5_000_000)
QUICK_ROWS = 200_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the files that were asked for; the exit code is 0 if all ran."""
    options = _options(arguments)
    # Whoever ends this ends the servers too: both signals unwind the stack.
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
    print(markdown(outcome), end="")
    if options.json:
        outcome.save(options.json)
    if options.plot:
        plot.save(outcome, options.plot)
    return 0


def run(
    running: Servers, *, rows: int, creators: int, rounds: int, growth: Sequence[int]
) -> Outcome:
    """Measure everything, on servers that run already.

    Args:
        running: where the table is made and the contenders run.
        rows: covers of the comparison.
        creators: creators that they belong to.
        rounds: runs of each contender.
        growth: numbers of rows that the extract task is measured at alone.

    Raises BenchmarkError when a contender fails.
    """
    sql_file = running.folder.of("covers.sql")
    _write_sql(running, sql_file)
    contenders, left_out = _able([ours(), *peers(sql_file, running.client_options)], rows=rows)
    with closing(running.mysql.connect()) as connection:
        grown = []
        for size in growth:
            covers.fill(connection, rows=size, creators=covers.usual_creators(size))
            grown += race(Track(running, size), [ours()], rounds=rounds)
        covers.fill(connection, rows=rows, creators=creators)
        counted_rows, counted_creators = covers.count(connection)
        machine = Machine.here(database=connection.get_server_info())
    return Outcome(
        machine=machine,
        rows=counted_rows,
        creators=counted_creators,
        rounds=rounds,
        waiting=measure_waiting(running.mysql, sql_file.read_text()),
        results=race(Track(running, counted_rows), contenders, rounds=rounds),
        left_out=left_out,
        growth=grown,
    )


def _write_sql(running: Servers, path: Path) -> None:
    """The SELECT of the extract task into a file: the peers run the same."""
    program = [sys.executable, "-m", "benchmarks.extract.contenders.airflow_task", str(path)]
    result = subprocess.run(
        program, env=running.environment(), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise BenchmarkError(f"the SQL of the extract task cannot be had:\n{result.stderr}")


def _able(contenders: Sequence[Contender], *, rows: int) -> tuple[list[Contender], dict[str, str]]:
    """The contenders that can run here, and by title why the others cannot."""
    free = available_bytes()
    hindrances = {
        contender.title: contender.hindrance(rows=rows, free_bytes=free) for contender in contenders
    }
    able = [contender for contender in contenders if hindrances[contender.title] is None]
    return able, {title: reason for title, reason in hindrances.items() if reason}


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
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    options = parser.parse_args(arguments)
    if options.plot and find_spec("matplotlib") is None:
        parser.error("--plot needs matplotlib: `uv sync --group benchmarks` installs it")
    if options.quick:
        options.rows, options.rounds = QUICK_ROWS, 1
    options.creators = options.creators or covers.usual_creators(options.rows)
    return options


if __name__ == "__main__":
    sys.exit(main())
