"""The page about upgrades: its tests exist, its lists are whole, and what no other test holds."""

import ast
import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from msgspec import Struct

from collage_core.contract.__main__ import KINDS
from collage_core.contract.document import SCHEMA_VERSION
from collage_core.contract.reading import read
from collage_core.contract.receipt import Receipt
from collage_core.contract.summary import RunSummary
from collage_core.errors import MessageError
from collage_core.settings import Settings
from collage_core.storage.documents import to_document

REPO = Path(__file__).parents[2]
PAGE = (REPO / "docs" / "upgrade.md").read_text()
CHANGELOG = (REPO / "CHANGELOG.md").read_text()
BEFORE = REPO / "tests" / "unit" / "collage_core" / "contract" / "written_before"

NAMED_TESTS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
WITHOUT_VERSION = {"skipped_upload", "quarantined_upload"}


@cache
def functions(path: str) -> set[str]:
    tree = ast.parse((REPO / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def table(heading: str) -> list[list[str]]:
    """The cells of the rows below this heading, without the head."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.*) \|$", section, re.MULTILINE)[1:]
    return [row.split(" | ") for row in rows]


def test_every_test_that_the_page_names_is_there() -> None:
    assert len(NAMED_TESTS) > 15
    assert [name for path, name in NAMED_TESTS if name not in functions(path)] == []
    assert all("`tests/" in row[-1] for row in table("Which release reads what"))


def test_the_page_names_every_document_with_its_version() -> None:
    told = {
        name: version
        for names, version, *_ in table("The versions of the documents")
        for name in re.findall(r"`(\w+)`", names)
    }
    assert told.keys() == KINDS.keys()
    for name, kind in KINDS.items():
        if name in WITHOUT_VERSION:
            assert told[name] == "none"
        elif kind.__struct_config__.tag == SCHEMA_VERSION:
            assert told[name] == f"{SCHEMA_VERSION}"
        else:
            may_be_left_out = name != "chunk_message"
            assert told[name] == f"{SCHEMA_VERSION}{', may be left out' * may_be_left_out}"


def test_the_page_has_every_part_of_the_changelog_that_asks_for_something_first() -> None:
    parts = re.split(r"^### ", CHANGELOG, flags=re.MULTILINE)[1:]
    asking = [part.partition("\n")[0] for part in parts if "**Before you deploy:**" in part]
    assert [row[0] for row in table("What each part of the changelog needs")] == asking


@pytest.mark.parametrize(
    "name", [name for name in KINDS if (BEFORE / f"{name.removeprefix('run_')}.json").exists()]
)
def test_a_field_of_a_later_release_is_ignored_in_every_document(name: str) -> None:
    kind: type[Struct] = KINDS[name]
    document = json.loads((BEFORE / f"{name.removeprefix('run_')}.json").read_text())
    assert to_document(read(document | {"of_tomorrow": [1]}, kind)) == to_document(
        read(document, kind)
    )


@pytest.mark.parametrize(("name", "kind"), [("receipt", Receipt), ("summary", RunSummary)])
def test_a_reason_of_a_later_release_is_refused_by_its_name(name: str, kind: type[Struct]) -> None:
    document = json.loads((BEFORE / f"{name}.json").read_text())
    document["reasons"]["struck_by_lightning"] = 0
    with pytest.raises(MessageError, match="reasons has 'struck_by_lightning'"):
        read(document, kind)


def test_a_setting_of_a_later_release_is_ignored() -> None:
    assert Settings.from_env({"SETTING_OF_TOMORROW": "1"}) == Settings()


def test_one_release_of_airflow_is_named_everywhere() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    (pinned,) = (
        line.removeprefix("apache-airflow==")
        for line in project["optional-dependencies"]["airflow"]
        if line.startswith("apache-airflow==")
    )
    compose = (REPO / "docker-compose.yaml").read_text()
    mwaa = (REPO / "terraform" / "variables_mwaa.tf").read_text()
    assert re.findall(r"apache/airflow:([\d.]+)-", compose) == [pinned]
    assert re.findall(r'airflow_version += optional\(string, "([\d.]+)"\)', mwaa) == [pinned]


def test_the_line_about_another_version_is_the_one_on_the_page() -> None:
    document = json.loads((BEFORE / "receipt.json").read_text())
    with pytest.raises(MessageError) as refused:
        read(document | {"schema_version": SCHEMA_VERSION + 1}, Receipt)
    (fix,) = re.findall(r"\*(deploy the release .*?)\*", PAGE)
    assert str(refused.value).endswith(fix)
