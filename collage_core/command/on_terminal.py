"""What a person at a terminal sees of a run: its books as a table, and where the pictures are."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Column, Table

from collage_core.command.pages import Pages
from collage_core.contract.document import to_json
from collage_core.contract.summary import RunSummary
from collage_core.report.advice import advice
from collage_core.report.row_parts import ROWS_SHOWN
from collage_core.run.local import LocalRun

_FIRST_PICTURES = 3
_CREATORS = {
    "total": "in the CSV",
    "complete": "no cover is missing",
    "partial": "some covers are missing",
    "failed": "no cover was placed; there is no collage",
}


def print_report(console: Console, run: LocalRun, pages: Pages, *, hint: str | None) -> None:
    """Print the books, what to do, and the paths. `hint` is a line more, if there is one."""
    summary = run.summary
    console.print(books_table(summary))
    if summary.dates and summary.dates.unread:
        _line(console, f"{summary.dates.unread:,} dates cannot be read and count as the oldest.")
    if hint:
        _line(console, hint)
    folder = pages.index.parent
    pictures = [folder / item.collage_key for item in run.creators if item.collage_key]
    _path(console, "Folder", folder)
    for path in pictures[:_FIRST_PICTURES]:
        _path(console, "Collage", path)
    if len(pictures) > _FIRST_PICTURES:
        _path(console, "", f"and {len(pictures) - _FIRST_PICTURES:,} more")
    if pages.sheet:
        _path(console, "Contact sheet", pages.sheet)
    _path(console, "Gallery", pages.index)


def books_table(summary: RunSummary) -> Table:
    """Rows and creators by what became of them, and the reasons with what to do."""
    table = Table(
        Column(no_wrap=True), Column(justify="right", no_wrap=True), Column(),
        title=f"Run {summary.run_id} is {summary.status}", title_justify="left", show_header=False,
    )  # fmt: skip
    books = to_json(summary.books)
    for section, meanings in (
        ("rows", ROWS_SHOWN),
        ("creators", _CREATORS),
        ("reasons", {reason: advice(reason) for reason in _most_first(summary.books.reasons)}),
    ):
        if meanings:
            table.add_row(section, "", "what to do" if section == "reasons" else "", style="bold")
        for name, meaning in meanings.items():
            table.add_row(f"  {name}", f"{books[section][name]:,}", meaning)
        table.add_section()
    return table


def _most_first(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def _path(console: Console, name: str, path: object) -> None:
    _line(console, f"{name:<14} {path}")


def _line(console: Console, text: str) -> None:
    """A line that a terminal may wrap, but which is copied as one; never read as markup."""
    console.print(text, soft_wrap=True, markup=False, highlight=False, emoji=False)
