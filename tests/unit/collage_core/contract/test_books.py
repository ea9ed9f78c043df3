import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.books import Books, CreatorCounts, ObjectCounts, RowCounts, in_seconds
from collage_core.contract.document import to_json
from collage_core.contract.reading import read
from collage_core.errors import BooksError, MessageError
from tests.support.strategies import balanced_books

books = balanced_books()


@given(books, books, books)
def test_adding_is_associative(a: Books, b: Books, c: Books) -> None:
    assert (a + b) + c == a + (b + c)


@given(books, books)
def test_adding_does_not_depend_on_the_order(a: Books, b: Books) -> None:
    assert a + b == b + a


@given(st.lists(books, max_size=5))
def test_a_sum_of_balanced_books_balances(parts: list[Books]) -> None:
    Books.total(parts).check_balance("the sum")


@given(books)
def test_empty_books_add_nothing(a: Books) -> None:
    assert a + Books() == Books() + a == Books.total([a]) == a


@given(st.lists(books, max_size=5))
def test_sums_are_exact_through_json(parts: list[Books]) -> None:
    read_back = [read(json.dumps(to_json(part)), Books) for part in parts]
    assert Books.total(read_back) == Books.total(parts)


def test_books_have_the_form_of_the_contract() -> None:
    books = Books(
        rows=RowCounts(10, 4, 1, 2, 1, 2),
        reasons={"timeout": 2, "bad_row": 1},
        creators=CreatorCounts(3, 1, 1, 1),
        objects=ObjectCounts(2, 2, 12345),
        seconds=in_seconds({"total": 1234}),
    )
    written = to_json(books)
    assert written == {
        "rows": {
            "total": 10,
            "placed": 4,
            "duplicate": 1,
            "not_selected": 2,
            "rejected": 1,
            "failed": 2,
        },
        "reasons": {"bad_row": 1, "timeout": 2},
        "creators": {"total": 3, "complete": 1, "partial": 1, "failed": 1},
        "objects": {"collages": 2, "thumbnails": 2, "bytes": 12345},
        "seconds": {"total": 1.234},
    }
    assert list(written["reasons"]) == ["bad_row", "timeout"]


@given(books, st.sampled_from(["total", "placed", "duplicate", "not_selected"]))
def test_books_that_are_off_by_one_row_do_not_balance(a: Books, field: str) -> None:
    rows = replace(a.rows, **{field: getattr(a.rows, field) + 1})
    with pytest.raises(BooksError, match=r"books of chunk 7 are off by -?1:"):
        replace(a, rows=rows).check_balance("chunk 7")


@given(books)
def test_a_row_that_failed_without_a_reason_does_not_balance(a: Books) -> None:
    rows = replace(a.rows, total=a.rows.total + 1, failed=a.rows.failed + 1)
    with pytest.raises(BooksError, match="reasons of chunk 7"):
        replace(a, rows=rows).check_balance("chunk 7")


@given(books)
def test_a_creator_without_an_outcome_does_not_balance(a: Books) -> None:
    creators = replace(a.creators, total=a.creators.total + 1)
    with pytest.raises(BooksError, match="creators of chunk 7"):
        replace(a, creators=creators).check_balance("chunk 7")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("rows", "placed"), -1),
        (("rows", "placed"), "4"),
        (("rows", "placed"), True),
        (("rows", "placed"), None),
        (("rows",), []),
        (("reasons", "bored"), 1),
        (("reasons", "timeout"), 1.5),
        (("creators", "total"), None),
        (("objects",), None),
        (("seconds", "total"), -0.5),
        (("seconds", "total"), float("nan")),
        (("seconds", "total"), "1"),
    ],
)
def test_books_of_another_shape_are_refused_by_the_name_of_the_field(
    path: tuple[str, ...], value: object
) -> None:
    document: Any = to_json(Books())
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(MessageError, match=path[-1]):
        read(document, Books)
