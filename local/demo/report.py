"""The end of the demo: the books as a table, whether they balance, and where the pictures are."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from collage_core.report.contact_sheet import contact_sheet
from local.demo.results import Results


def print_report(console: Console, results: Results, *, rows_in_database: int) -> int:
    """Show the run's results. Returns 0 if its books account for every row, else 1."""
    sheet = results.folder / "contact-sheet.jpg"
    sheet.write_bytes(contact_sheet(results.tiles))
    console.print(f"Run {results.summary['run_id']} is {results.summary['status']}:")
    console.print(_table(results.summary))
    problems = list(_problems(results, rows_in_database))
    for problem in problems:
        console.print(f"[red]✗[/] {problem}")
    if not problems:
        console.print(f"[green]✓[/] The books balance: the database counts {rows_in_database} rows")
    console.print(f"Collages, thumbnails and JSON: {results.folder}", soft_wrap=True)
    console.print(f"All collages in one picture:   {sheet}", soft_wrap=True)
    return 1 if problems else 0


def _table(summary: Mapping[str, Any]) -> Table:
    table = Table("", "", Column(justify="right"), show_header=False)
    for section in ("rows", "reasons", "creators", "objects", "seconds"):
        for index, (name, value) in enumerate(summary[section].items()):
            shown = f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"
            table.add_row("" if index else section, name, shown)
        table.add_section()
    return table


def _problems(results: Results, rows_in_database: int) -> Iterator[str]:
    """Contradictions in the summary, or between it and the database or the bucket."""
    rows, objects = results.summary["rows"], results.summary["objects"]
    explained = sum(count for name, count in rows.items() if name != "total")
    if explained != rows["total"]:
        yield f"the summary explains {explained} of {rows['total']} rows"
    if rows["total"] != rows_in_database:
        yield f"the summary has {rows['total']} rows, the database {rows_in_database}"
    if sum(results.summary["reasons"].values()) != rows["failed"] + rows["rejected"]:
        yield "the reasons do not add up to the failed and the rejected rows"
    if len(results.collages) != objects["collages"]:
        yield f"the bucket has {len(results.collages)} collages, not {objects['collages']}"
