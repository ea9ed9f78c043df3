"""Tables of figures: aligned for a terminal, or in Markdown for the documentation."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column has names and whose other columns have numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        table = self.aligned()
        return "\n".join("  ".join(line) for line in [table.header, *table.rows])

    def aligned(self) -> "Table":
        """The same table with every cell as wide as the widest of its column."""
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        header, *rows = (
            [
                cell.rjust(width) if index else cell.ljust(width)
                for index, (cell, width) in enumerate(zip(line, widths, strict=True))
            ]
            for line in lines
        )
        return Table(header, rows)

    def markdown(self) -> str:
        """The table in Markdown."""
        rule = ["---", *("---:" for _ in self.header[1:])]
        return "\n".join(f"| {' | '.join(line)} |" for line in [self.header, rule, *self.rows])
