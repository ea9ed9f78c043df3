"""The file of `get-urls`: a name of its own, complete or not at all."""

from pathlib import Path

import pytest

from collage_core.command.new_csv import new_csv


def test_exports_of_the_same_second_have_files_of_their_own(tmp_path: Path) -> None:
    for number in range(3):
        with new_csv(tmp_path) as (_, file):
            file.write(b"%d" % number)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"0", b"1", b"2"]


def test_exports_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    with new_csv(tmp_path) as (first, one):
        with new_csv(tmp_path) as (second, two):
            two.write(b"2")
        one.write(b"1")
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_is_left_of_an_export_that_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), new_csv(tmp_path):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
