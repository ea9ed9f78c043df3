"""Tables for a terminal and for the documentation."""

from benchmarks.harness.table import Table


def test_a_table_is_aligned_for_a_terminal_and_piped_for_markdown() -> None:
    table = Table(["", "MB"], [["sharp", "9"], ["vips", "100"]])
    assert str(table) == "        MB\nsharp    9\nvips   100"
    assert table.markdown() == "|  | MB |\n| --- | ---: |\n| sharp | 9 |\n| vips | 100 |"
