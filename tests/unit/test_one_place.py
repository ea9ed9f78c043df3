"""Each step of a run stands in one file of the product, whoever asks for it."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PRODUCT = ("collage_core", "lambda_pkg", "plugins/collage_airflow", "dags")

RUN = "collage_core/run/"
PUBLISH = "plugins/collage_airflow/operators/publish.py"
CHECK = "plugins/collage_airflow/preflight/buckets.py"
"""Asks whether the archive may be written to, by a key of it; it moves nothing."""
REST = "lambda_pkg/chunk_receipts.py"
"""Sends the rest of a chunk that ran out of time."""
SOCKET = "collage_core/sources/http/transport.py"
"""Sends a request to a host of covers, and no message."""


def called(tree: ast.AST) -> Iterator[str]:
    """The names of all that is called, without what stands in front of a dot."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                yield name


@pytest.fixture(scope="module")
def callers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for package in PRODUCT:
        for path in (REPO / package).rglob("*.py"):
            for name in called(ast.parse(path.read_text())):
                found[name].add(path.relative_to(REPO).as_posix())
    return found


@pytest.mark.parametrize(
    ("step", "places"),
    [
        ("Manifest", {RUN + "plan.py"}),
        ("name_chunks", {RUN + "plan.py"}),
        ("send", {RUN + "dispatch.py", REST, SOCKET}),
        ("summarise", {RUN + "close.py"}),
        ("write_record", {RUN + "close.py"}),
        ("write_results", {RUN + "close.py"}),
        ("write_summary", {RUN + "close.py"}),
        ("equal_bucket", {RUN + "close.py"}),
        ("set_aside", {RUN + "dispatch.py", RUN + "usable_receipts.py"}),
        ("remove_unusable", {RUN + "finish.py", RUN + "usable_receipts.py"}),
        ("keep_copies", {RUN + "finish.py", RUN + "usable_receipts.py"}),
        ("write_done", {RUN + "finish.py", PUBLISH}),
        ("archived_csv", {RUN + "archive.py", CHECK}),
        ("archived_upload", {RUN + "archive.py"}),
        ("quarantined_csv", {RUN + "quarantine.py"}),
        ("move", {RUN + "archive.py", RUN + "quarantine.py"}),
    ],
)
def test_a_step_of_a_run_is_taken_in_one_place(
    callers: dict[str, set[str]], step: str, places: set[str]
) -> None:
    assert callers[step] - {"collage_core/layout/keys.py"} == places
