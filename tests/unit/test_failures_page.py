"""docs/failures.md is made of what the tests declare, and of nothing else."""

from collections import Counter
from pathlib import Path

import pytest

from tests.support import failures
from tests.support.failures import PAGE, Where, declared, page

MANY = 50


def test_the_page_of_failures_is_that_of_the_tests() -> None:
    assert PAGE.read_text() == page(declared()), "run `make failures`"


def test_every_place_where_something_fails_has_its_lines() -> None:
    found = declared()
    assert len(found) >= MANY
    assert {one.where for one in found} == {*Where}


def test_no_two_tests_of_a_line_have_one_name() -> None:
    names = Counter((one.test, one.file) for one in declared()).keys()
    assert Counter(name for name, _ in names).most_common(1)[0][1] == 1


@pytest.mark.parametrize(
    ("declaration", "said"),
    [
        ('@failure(Where.S3, fault="a", happens="b", sees=f"{c}", fix="d")', "must be literals"),
        ('@failure(S3, fault="a", happens="b", sees="c", fix="d")', "a member of Where"),
        ('@failure(Where.S3, fault="a | b", happens="b", sees="c", fix="d")', "break the table"),
    ],
)
def test_a_declaration_that_cannot_be_read_is_named(
    declaration: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "REPO", tmp_path)
    (tmp_path / "test_one.py").write_text(f"{declaration}\ndef test_it() -> None: ...\n")
    with pytest.raises(ValueError, match=rf"test_one\.py:1: .*{said}"):
        declared(tmp_path)
