"""Puts what a benchmark found together: for a terminal, for the documentation, and as JSON."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.harness.table import Table

type Block = str | Table
"""A paragraph or a table of a report."""


def terminal_text(blocks: Iterable[Block]) -> str:
    """The blocks with an empty line between them, tables aligned."""
    return "\n\n".join(map(str, blocks))


def markdown(blocks: Iterable[Block]) -> str:
    """The blocks as Markdown, to paste into docs/benchmarks.md."""
    return "\n\n".join(block.markdown() if isinstance(block, Table) else block for block in blocks)


def save_json(figures: dict[str, Any], path: Path) -> None:
    """Write all figures of a benchmark to a file."""
    path.write_text(json.dumps(figures, indent=1) + "\n")
