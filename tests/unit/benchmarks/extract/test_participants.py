"""Which contenders of the extract benchmark can run on a machine."""

from benchmarks.extract.participants import ExtractContender


def test_a_contender_that_this_machine_is_too_small_for_says_so() -> None:
    hungry = ExtractContender("hungry", lambda _: ["true"], bytes_per_row=1000)
    assert hungry.hindrance(rows=1000, free_bytes=1000 * 1000) is None
    assert hungry.hindrance(rows=2000, free_bytes=1000 * 1000) == (
        "it would take 2 MB of memory, and 1 are free"
    )


def test_a_contender_whose_library_is_missing_says_how_to_get_it() -> None:
    needs = ExtractContender("needy", lambda _: ["true"], library="no_such_library")
    reason = needs.hindrance(rows=1, free_bytes=1)
    assert reason == "no_such_library is not installed (`uv sync --group benchmarks` does it)"
