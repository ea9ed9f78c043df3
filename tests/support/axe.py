"""What axe finds on a page that keeps people from using it: https://github.com/dequelabs/axe-core."""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.browser import Page

_PACKAGE = "axe-core@4.14.1"
_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
_KEPT = Path(__file__).parents[2] / ".twin" / "tools" / f"{_PACKAGE}.min.js"
_SECONDS = 120

_ASK = """axe.run(PLACE).then(found => JSON.stringify(found.violations.map(one => [
    one.impact, one.id, one.nodes.map(node => node.html.slice(0, 200)),
])))"""


@cache
def axe() -> str:
    """The script, of npm's registry, which is asked once on this machine.

    Raises FileNotFoundError where it cannot be had.
    """
    if not _KEPT.exists():
        with tempfile.TemporaryDirectory() as folder:
            _fetch(Path(folder))
    return _KEPT.read_text()


def _fetch(folder: Path) -> None:
    try:
        subprocess.run(  # noqa: S603 - a fixed version
            ["npm", "pack", "--silent", _PACKAGE],  # noqa: S607
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise FileNotFoundError(f"npm does not give {_PACKAGE} ({error})") from error
    (packed,) = folder.iterdir()
    with tarfile.open(packed) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        script = member.read()
    assert hashlib.sha256(script).hexdigest() == _SHA256
    _KEPT.parent.mkdir(parents=True, exist_ok=True)
    _KEPT.write_bytes(script)


def violations(page: Page, *, within: str = "document") -> list[tuple[str, str, list[str]]]:
    """Impact, rule and elements of each kind of fault of the page that is open, or of a place."""
    page.value(f"{axe()}; 0")
    found: list[Any] = json.loads(page.answer(_ASK.replace("PLACE", within)))
    return [(impact, rule, elements) for impact, rule, elements in found]
