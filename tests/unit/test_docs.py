"""The architecture page names every room of the house, and nothing that is not there."""

import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PAGES = sorted([*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md")])
ARCHITECTURE = (REPO / "docs" / "architecture.md").read_text()
PACKAGES = ["collage_core", "collage_core/*", "lambda_pkg", "plugins/collage_airflow", "local"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_its_place_in_the_picture(package: str) -> None:
    modules = {path.stem for path in REPO.glob(f"{package}/*.py")} - {"__init__"}
    named = set(re.findall(r"`([a-z0-9_]+)`", ARCHITECTURE))
    assert modules - named == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    targets = [*re.findall(r"\]\(([^)#]+)[^)]*\)", text), *re.findall(r'src="([^"]+)"', text)]
    local = [target for target in targets if not target.startswith(("http:", "https:"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_test_file_that_the_architecture_names_is_there() -> None:
    named = re.findall(r"`(tests/[a-z_/]+(?:\.py)?)`", ARCHITECTURE)
    assert named
    assert [path for path in named if not (REPO / path).exists()] == []
