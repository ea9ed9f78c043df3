"""A field of the chunk message is declared, planned, and in the digest: few files know of it.

docs/adr/0014 says what to do in each of them.
"""

import ast
from pathlib import Path

import pytest

from collage_core.contract.chunk import Chunk
from collage_core.contract.manifest import Manifest
from collage_core.contract.message import ChunkMessage

REPO = Path(__file__).parents[4]
PRODUCT = ("collage_core", "lambda_pkg", "plugins", "dags")

OF_A_RUN = {
    "collage_core/contract/message.py",
    "collage_core/contract/manifest.py",
    "collage_core/covers/chunk_ids.py",
    "collage_core/run/plan.py",
}
"""The files that a field of all chunks of a run touches."""

OF_A_CHUNK = {
    "collage_core/contract/message.py",
    "collage_core/contract/chunk.py",
    "collage_core/covers/chunk_ids.py",
}
"""The files that a field of each chunk touches."""


def callers(name: str) -> set[str]:
    """The files of the product that call a class or a function by its name."""
    return {
        path.relative_to(REPO).as_posix()
        for package in PRODUCT
        for path in (REPO / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name
    }


@pytest.mark.parametrize(
    ("made", "where"),
    [
        ("ChunkMessage", {"collage_core/contract/manifest.py"}),
        ("Manifest", {"collage_core/run/plan.py"}),
        ("name_chunks", {"collage_core/run/plan.py"}),
        ("Chunk", {"collage_core/covers/chunk_ids.py"}),
        ("ChunkSpan", {"collage_core/covers/chunking.py"}),
    ],
)
def test_messages_manifests_and_chunks_are_made_in_one_place_each(
    made: str, where: set[str]
) -> None:
    assert callers(made) == where


def test_a_new_field_touches_at_most_four_files() -> None:
    declared = {"collage_core/contract/message.py"}
    made = {path for name in ("Manifest", "name_chunks", "Chunk") for path in callers(name)}
    assert declared | made | callers("ChunkMessage") == OF_A_RUN
    assert max(len(OF_A_RUN), len(OF_A_CHUNK)) <= 4


def test_a_message_has_nothing_that_neither_its_run_nor_its_chunk_has() -> None:
    """But for the share of its worker, which depends on how many chunks are sent with it."""
    of_both = {*Manifest.__struct_fields__, *Chunk.__struct_fields__}
    assert set(ChunkMessage.__struct_fields__) - of_both == {"processing_type", "host_limits"}
