"""Some creators out of many, exact to the bytes of their names."""

from hypothesis import given
from hypothesis import strategies as st

from collage_core.contract.reasons import Reason
from collage_core.contract.selection import Selection
from collage_core.covers.cover_csv import HEADER, read_chunk
from collage_core.covers.creator_choice import Chooser, CreatorChoice
from collage_core.covers.ingest import IngestedCsv, ingest_csv
from collage_core.covers.rows import CoverRow
from tests.support.strategies import HOSTILE_NAMES

URL = "https://cdn.example/1.jpg"
TEXT = HEADER.decode() + "".join(
    f"{row}\n"
    for row in (
        f"ben,{URL},2026-10-02",
        f"Ana,{URL},2026-10-01",
        f"ana,{URL},2026-10-03",
        f"aná,{URL},2026-10-04",
        "ana,ftp://cdn.example/2.jpg,2026-10-04",
        "ben,ftp://cdn.example/2.jpg,2026-10-04",
        f",{URL},2026-10-05",
        f"cem,{URL},2026-10-06",
    )
)


def chosen(names: list[bytes], **choice: object) -> list[bytes]:
    chooser = Chooser(CreatorChoice(**choice))  # type: ignore[arg-type]
    return [name for name in names if chooser.takes(name)]


def intake(**choice: object) -> IngestedCsv:
    return ingest_csv(TEXT.encode(), chunk_rows=100, choice=CreatorChoice(**choice))  # type: ignore[arg-type]


def creators(csv: IngestedCsv) -> list[str]:
    rows = read_chunk(csv.ordered[len(HEADER) :])
    return [row.creator for row in rows if isinstance(row, CoverRow)]


def test_names_that_a_collation_takes_for_one_are_different_creators() -> None:
    names = [b"Ana", b"ana", b"ana ", "aná".encode()]
    assert chosen(names, creators=("ana",)) == [b"ana"]


@given(st.sets(st.sampled_from(sorted(HOSTILE_NAMES))))
def test_exactly_the_named_creators_are_chosen(names: set[str]) -> None:
    everybody = sorted(name.encode() for name in HOSTILE_NAMES)
    wanted = [name for name in everybody if name.decode() in names]
    if names:
        assert chosen(everybody, creators=tuple(names)) == wanted
        assert CreatorChoice(tuple(names)).missing(everybody) == []


def test_a_limit_takes_the_first_creators_with_all_of_their_rows_and_no_blank_name() -> None:
    names = [b"", b" ", b"ana", b"ana", b"ben", b"ben", b"cem"]
    assert chosen(names, limit=2) == [b"ana", b"ana", b"ben", b"ben"]
    assert chosen(names, creators=("ben", "cem"), limit=1) == [b"ben", b"ben"]


def test_a_name_that_is_not_there_is_missing_once_also_if_it_is_no_text() -> None:
    choice = CreatorChoice(("ana", "dan", "dan", "\ud800"))
    assert choice.missing([b"ana", b"Dan"]) == ["dan", "\ud800"]


def test_the_rows_of_other_creators_are_not_part_of_the_csv_and_are_counted() -> None:
    csv = intake(creators=("ana", "cem"))
    assert creators(csv) == ["ana", "cem"]
    assert csv.rows == 3
    assert csv.rejected.reasons == {Reason.INVALID_URL: 1}
    assert csv.selection == Selection(creators=("ana", "cem"), rows_left_out=5)
    assert {b"ana", b"ben"} <= csv.creators


def test_a_trial_takes_the_first_creators_by_their_bytes() -> None:
    csv = intake(limit=2)
    assert creators(csv) == ["Ana", "ana"]
    assert csv.selection == Selection(limit=2, rows_left_out=5)


def test_without_a_choice_nothing_is_left_out() -> None:
    csv = ingest_csv(TEXT.encode(), chunk_rows=100)
    assert (csv.rows, csv.selection) == (8, None)
