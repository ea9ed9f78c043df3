"""The page about security names tests that there are."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
CLAIMS = re.findall(r"\[([a-z0-9 ]+)\]\((\.\./tests/[a-z0-9_/]+\.py)\)", PAGE.read_text())


def test_it_has_claims() -> None:
    assert len(CLAIMS) > 40


@pytest.mark.parametrize(("claim", "file"), dict.fromkeys(CLAIMS))
def test_a_claim_is_the_name_of_a_test(claim: str, file: str) -> None:
    if claim == "tests of rights":
        assert (PAGE.parent / file).exists()
        return
    name = f"def test_{claim.replace(' ', '_')}("
    assert name in (PAGE.parent / file).read_text()
