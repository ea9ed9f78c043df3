import pytest

from collage_core.report.plot import plot


def series(*values: float | None, look: str = "plain") -> dict[str, object]:
    return {"label": look, "look": look, "values": list(values)}


def test_the_highest_value_has_the_whole_height() -> None:
    drawn = plot(["a", "b"], [series(1, 4), series(2, 3)])
    assert drawn.highest == 4
    assert [[cell.size for cell in row.cells] for row in drawn.rows] == [[0.25, 0.5], [1, 0.75]]


def test_stacked_values_have_it_together() -> None:
    drawn = plot(["a", "b"], [series(1, 4), series(2, 4)], stacked=True)
    assert drawn.highest == 8
    assert [cell.size for cell in drawn.rows[1].cells] == [0.5, 0.5]


def test_a_line_goes_on_where_it_ended_and_after_a_gap_begins_where_it_is() -> None:
    drawn = plot(["a", "b", "c"], [series(2, None, 4)])
    assert [row.cells[0].start for row in drawn.rows] == [0.5, 0.5, 1]
    assert drawn.rows[1].cells[0].value is None


def test_nothing_and_zeros_are_drawn_as_nothing() -> None:
    assert plot([], []).rows == []
    assert plot(["a"], [series(0)]).rows[0].cells[0].size == 0
    assert plot(["a"], []).rows[0].cells == []


@pytest.mark.parametrize("labels", [1, 11, 12, 31, 400])
def test_as_many_labels_are_shown_as_fit(labels: int) -> None:
    drawn = plot([str(one) for one in range(labels)], [series(*range(labels))])
    shown = sum(row.is_labelled for row in drawn.rows)
    assert min(labels, 6) <= shown <= 11
    assert drawn.rows[0].is_labelled


def test_a_series_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="labels"):
        plot(["a", "b"], [series(1)])
