"""What pages load is ours or vendored as it was published, and a browser may keep it."""

import hashlib
from importlib.resources import files

import pytest

from collage_airflow.run_page.static_files import version
from tests.unit.collage_airflow.run_page.conftest import Visitors

VENDORED = files("collage_airflow.run_page") / "static" / "vendored"
LINES = (VENDORED / "VERSIONS").read_text().splitlines()


@pytest.mark.parametrize("line", LINES)
def test_a_vendored_file_is_the_published_one_and_has_its_licence(line: str) -> None:
    name, package, _version, licence, sha256 = line.split()
    assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == sha256
    assert licence == "0BSD"
    assert "Permission to use" in (VENDORED / f"LICENSE.{package.partition('.')[0]}").read_text()


def test_every_vendored_script_has_a_line() -> None:
    scripts = {entry.name for entry in VENDORED.iterdir() if entry.name.endswith((".js", ".css"))}
    assert scripts == {line.split()[0] for line in LINES}


def test_a_file_may_be_kept_for_as_long_as_its_version_is_asked_for(visitors: Visitors) -> None:
    viewer = visitors("viewer")
    now = viewer.get("/static/pages.css", params={"v": version("pages.css")})
    assert "immutable" in now.headers["Cache-Control"]
    assert now.headers["Content-Type"].startswith("text/css")
    before = viewer.get("/static/pages.css", params={"v": "of-another-release"})
    assert before.headers["Cache-Control"] == "no-cache"
    assert before.content == now.content


@pytest.mark.parametrize("name", ["VERSIONS", "LICENSE.htmx", "index.html", "..%2Fpages.py", "x"])
def test_nothing_else_of_the_folders_is_served(name: str, visitors: Visitors) -> None:
    assert visitors("viewer").get(f"/static/{name}").status_code == 404
