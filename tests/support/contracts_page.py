"""What docs/contracts.md says, taken out of the page to be compared with what the code makes."""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from collage_core.contract.document import Json

PAGE = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text()


def section(heading: str) -> str:
    """What stands between a heading and the next one."""
    found = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/contracts.md has no heading {heading!r}"
    return found[1]


def rows(heading: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names(heading: str, *, column: int = 0) -> list[str]:
    """Everything in backquotes in a column of a section's table."""
    return [name for row in rows(heading) for name in re.findall(r"`([^`]+)`", row[column])]


def examples(heading: str) -> list[Any]:
    """The JSON of a section's examples."""
    return [
        json.loads(code) for code in re.findall(r"```json\n(.*?)```", section(heading), re.DOTALL)
    ]


def fields(document: Json, named: Collection[str]) -> set[str]:
    """The fields of a document, written as on the page: `source.key`, `chunks[].rows`.

    What is inside of a field counts as soon as one of `named` is inside of it: a page may say
    everything about it or nothing.
    """
    opened = {name.rpartition(".")[0] for name in named}
    return set(_paths(document, opened, "")) - (opened - {*named})


def _paths(document: Json, opened: Collection[str], prefix: str) -> Iterator[str]:
    for name, value in document.items():
        path = f"{prefix}{name}"
        yield path
        if path in opened:
            yield from _paths(value, opened, f"{path}.")
        elif f"{path}[]" in opened:
            yield from _paths(value[0], opened, f"{path}[].")
