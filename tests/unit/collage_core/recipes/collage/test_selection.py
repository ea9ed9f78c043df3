import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.rejected import RejectedRow
from collage_core.covers.grouping import creators
from collage_core.covers.picture_identity import picture_of
from collage_core.covers.rows import CoverRow
from collage_core.recipes.collage.selection import TRIES_PER_CELL, newest_first, select
from tests.support.strategies import cover_rows

NEWEST = datetime(2026, 10, 31, tzinfo=UTC)


def cover(url: str, days_old: int | None = 0, line: int = 1) -> CoverRow:
    age = None if days_old is None else NEWEST - timedelta(days=days_old)
    return CoverRow(creator="ana", url=url, updated_at=age, line=line, offset=line * 100)


# --- one creator's covers


@given(st.lists(cover_rows, max_size=30), st.integers(1, 12))
def test_each_row_is_in_exactly_one_list(rows: list[CoverRow], limit: int) -> None:
    selection = select(rows, limit)
    pictures = selection.selected + selection.reserves + selection.not_selected
    assert sorted(map(id, pictures + selection.duplicates)) == sorted(map(id, rows))
    assert pictures == newest_first(pictures)


@given(st.lists(cover_rows, max_size=30), st.integers(1, 12))
def test_selected_covers_are_different_pictures_newest_first_and_as_many_as_fit(
    rows: list[CoverRow], limit: int
) -> None:
    selected = select(rows, limit).selected
    pictures = [picture_of(row.url) for row in selected]
    assert len(set(pictures)) == len(pictures)
    assert len(selected) == min(limit, len({picture_of(row.url) for row in rows}))
    assert selected == newest_first(selected)


@given(st.lists(cover_rows, max_size=30), st.integers(1, 12), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_when_no_two_are_of_the_same_time(
    rows: list[CoverRow], limit: int, shuffler: random.Random
) -> None:
    distinct = list({row.updated_at: row for row in rows}.values())
    shuffled = distinct.copy()
    shuffler.shuffle(shuffled)
    assert select(distinct, limit) == select(shuffled, limit)


def test_the_newest_row_of_a_picture_is_kept_and_older_signatures_are_duplicates() -> None:
    old, new, other = (
        cover("http://h/1?sig=a", 9),
        cover("http://h/1?sig=b", 1),
        cover("http://h/2"),
    )
    selection = select([old, new, other], 35)
    assert selection.selected == [other, new]
    assert selection.duplicates == [old]


def test_a_duplicate_of_a_picture_that_does_not_fit_is_a_duplicate_all_the_same() -> None:
    rows = [cover("http://h/1", 1), cover("http://h/2", 2), cover("http://h/2?sig=a", 3)]
    selection = select(rows, 1)
    assert selection.reserves == [rows[1]]
    assert selection.duplicates == [rows[2]]


def test_the_reserves_are_the_next_newest_as_many_as_there_are_cells() -> None:
    rows = [cover(f"http://h/{number}", number) for number in range(20)]
    selection = select(rows[::-1], 6)
    assert selection.selected == rows[:6]
    assert selection.reserves == rows[6 : TRIES_PER_CELL * 6] == rows[6:12]
    assert selection.not_selected == rows[12:]


def test_covers_of_the_same_time_keep_the_order_of_the_file() -> None:
    rows = [cover(f"http://h/{number}", 5) for number in range(20)]
    assert select(rows, 10).selected == rows[:10]


def test_a_cover_whose_time_cannot_be_read_counts_as_the_oldest() -> None:
    unknown, ancient = cover("http://h/1", None), cover("http://h/2", 9999)
    assert select([unknown, ancient], 35).selected == [ancient, unknown]


TIKTOK = "https://p{mirror}-sign.tiktokcdn.com/obj/{picture}~tplv.jpeg?dr={version}&x-expires=1&x-signature={version}"
S3 = "https://b.s3.amazonaws.com/{picture}?versionId=1&X-Amz-Date={version}&X-Amz-Signature={version}"
STABLE = "https://www.tiktok.com/api/img/?itemId={picture}&location=0&aid=1988"
PLAIN = "https://cdn.example/covers?id={picture}"


@pytest.mark.parametrize(
    "form", [TIKTOK, S3, STABLE, PLAIN], ids=["tiktok", "s3", "stable", "plain"]
)
@given(st.permutations(range(12)), st.integers(1, 5))
def test_of_each_picture_the_newest_url_is_placed_and_older_ones_are_duplicates(
    form: str, order: list[int], limit: int
) -> None:
    # Four pictures, each of them signed on three days.
    rows = [
        cover(form.format(picture=days % 4, version=days, mirror=16 + days % 3), days)
        for days in range(12)
    ]
    selection = select([rows[place] for place in order], limit)
    assert selection.selected == rows[: min(limit, 4)]
    assert selection.reserves + selection.not_selected == rows[min(limit, 4) : 4]
    assert selection.duplicates == rows[4:]


def test_covers_that_differ_in_their_query_alone_are_all_placed() -> None:
    rows = [cover(STABLE.format(picture=7549141001416396000 + n), n) for n in range(35)]
    assert select(rows, 35).selected == rows


def test_covers_of_one_path_on_different_hosts_are_all_placed() -> None:
    rows = [cover(f"https://{host}.example/1.jpg", n) for n, host in enumerate("abc")]
    assert select(rows, 35).selected == rows


# --- groups


rejected = st.builds(
    RejectedRow,
    line=st.integers(1, 99),
    reason=st.just("bad_row"),
    offset=st.integers(0, 10**6),
    creator=st.none() | st.sampled_from(["ana", "bo", "cy"]),
)
named = cover_rows.map(lambda row: CoverRow("bo", row.url, row.updated_at, row.line, row.offset))
streams = st.lists(st.one_of(cover_rows, named, rejected), max_size=40)


@given(streams)
def test_groups_are_stretches_of_the_file_that_follow_each_other(
    rows: list[CoverRow | RejectedRow],
) -> None:
    position = 0
    for group in creators(rows):
        stretch = rows[position : position + len(group.rows) + len(group.rejected)]
        assert group.offset == stretch[0].offset
        assert group.rows == [row for row in stretch if isinstance(row, CoverRow)]
        assert group.rejected == [row for row in stretch if isinstance(row, RejectedRow)]
        position += len(stretch)
    assert position == len(rows)


@given(streams)
def test_a_group_holds_rows_of_its_creator_only(
    rows: list[CoverRow | RejectedRow],
) -> None:
    for group in creators(rows):
        assert {row.creator for row in group.rows} <= {group.creator}
        assert {row.creator for row in group.rejected} <= {group.creator, None}


def test_rows_of_one_creator_are_one_group_even_around_a_row_that_cannot_be_read() -> None:
    first, last = cover("http://h/1", line=1), cover("http://h/2", line=3)
    torn = RejectedRow(line=2, reason="bad_row", offset=200)
    (group,) = creators([first, torn, last])
    assert (group.creator, group.rows, group.rejected) == ("ana", [first, last], [torn])


def test_rows_without_a_creator_between_two_creators_belong_to_neither() -> None:
    ana = cover("http://h/1", line=1)
    nameless = [RejectedRow(line=line, reason="no_creator", offset=line) for line in (2, 3)]
    bo = RejectedRow(line=4, reason="invalid_url", offset=4, creator="bo")
    groups = list(creators([ana, *nameless, bo]))
    assert [(group.creator, len(group.rows), len(group.rejected)) for group in groups] == [
        ("ana", 1, 0),
        (None, 0, 2),
        ("bo", 0, 1),
    ]


def test_no_rows_are_no_groups() -> None:
    assert list(creators([])) == []
