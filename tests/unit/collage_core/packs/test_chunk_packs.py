"""A chunk gets exactly the packs that reach over its creators, the newest first."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from collage_core.contract.chunk import Chunk
from collage_core.contract.pack import Pack
from collage_core.layout.creator_names import name_bytes
from collage_core.packs.chunk_packs import join
from collage_core.packs.day_index import sorted_packs
from tests.support.kept_packs import a_pack
from tests.support.strategies import names

DAY = date(2026, 10, 1)


def chunk(first: str | None, last: str | None, *, creators: int = 1000, number: int = 0) -> Chunk:
    return Chunk(f"{number:024x}", (36, 99), 1000, creators, 2, None, first, last)


def unread(_: Chunk) -> set[str]:
    raise AssertionError("its names are read")


def found(chunks: Sequence[Chunk], packs: Sequence[Pack]) -> list[list[Pack]]:
    return [list(each.packs) for each in join(chunks, sorted_packs(packs), unread)]


def in_order(*names: str) -> list[str]:
    return sorted(names, key=name_bytes)


ranges = st.builds(in_order, names, names)


@given(
    st.lists(names, max_size=12, unique=True),
    st.lists(st.tuples(ranges, st.integers(0, 3)), max_size=12),
)
@example(["a", "b"], [(["b", "b"], 0)])
@example(["a", "b", "c", "d"], [(["B", "e"], 0), (["b", "c"], 1)])
def test_the_packs_of_a_chunk_are_those_that_reach_over_its_creators(
    creators: list[str], packed: list[tuple[list[str], int]]
) -> None:
    ordered = in_order(*creators)
    chunks = [
        chunk(some[0], some[-1], number=at)
        for at in range(0, len(ordered), 2)
        if (some := ordered[at : at + 2])
    ]
    packs = [
        a_pack(first, last, day=DAY + timedelta(days=day), run_id=f"daily-{number}")
        for number, ((first, last), day) in enumerate(packed)
    ]
    expected = [
        sorted(
            (
                pack
                for pack in packs
                if name_bytes(pack.first_creator) <= name_bytes(each.last_creator or "")
                and name_bytes(pack.last_creator) >= name_bytes(each.first_creator or "")
            ),
            key=lambda pack: pack.key,
            reverse=True,
        )
        for each in chunks
    ]
    assert found(chunks, packs) == expected


def test_the_newest_day_comes_first_and_the_later_run_of_a_day() -> None:
    packs = [
        a_pack("ana", "zoe", day=DAY + timedelta(days=day), run_id=run_id)
        for day, run_id in [(1, "keep-20261002_010000"), (2, "keep-1"), (1, "keep-20261002_020000")]
    ]
    ((first, second, third),) = found([chunk("bo", "cy")], packs)
    assert [first, second, third] == [packs[1], packs[2], packs[0]]


def test_a_chunk_that_does_not_say_where_it_begins_or_ends_may_have_any_creator() -> None:
    pack = a_pack("mia", "mia")
    assert found([chunk(None, None), chunk(None, None)], [pack]) == [[pack], [pack]]
    assert found([chunk("a", None), chunk("n", None)], [pack]) == [[pack], []]


def test_rows_without_a_creator_look_into_no_pack() -> None:
    assert found([chunk("", ""), chunk("", "b")], [a_pack("a", "c")]) == [[], [a_pack("a", "c")]]


def days_of_packs(days: int, width: int) -> list[Pack]:
    """`days` daily runs with 26 * 26 creators, `width` in a pack."""
    letters = [chr(number) for number in range(ord("a"), ord("z") + 1)]
    creators = [one + two for one in letters for two in letters]
    return [
        a_pack(some[0], some[-1], day=DAY + timedelta(days=day), run_id=f"daily-{day}")
        for day in range(days)
        for at in range(0, len(creators), width)
        if (some := creators[at : at + width])
    ]


def test_a_csv_of_few_creators_from_a_to_z_looks_only_where_they_may_be() -> None:
    packs = days_of_packs(3, 4)
    (joined,) = join(
        [chunk("ab", "zz", creators=2)], sorted_packs(packs), lambda _: {"ab", "qb", "zz"}
    )
    assert len(packs) > 500
    assert sorted(pack.first_creator for pack in joined.packs) == [
        *["aa"] * 3,
        *["qa"] * 3,
        *["zw"] * 3,
    ]
    assert joined.left_out == 0


def test_names_that_can_rule_out_nothing_are_not_read() -> None:
    packs = days_of_packs(3, 4)
    (joined,) = join([chunk("aa", "zz", creators=600)], sorted_packs(packs), unread)
    assert len(joined.packs) == len(packs)


def test_if_the_names_are_gone_all_packs_may_have_covers() -> None:
    packs = days_of_packs(1, 4)
    (joined,) = join([chunk("aa", "zz", creators=2)], sorted_packs(packs), lambda _: None)
    assert len(joined.packs) == len(packs)


def test_of_too_many_packs_a_chunk_has_those_that_may_have_most_of_its_covers() -> None:
    """A hundred CSVs of five rows each reach from A to Z, and must not displace a daily run."""
    chunks = [chunk(letter, f"{letter}z", number=ord(letter)) for letter in "abcdefghij"]
    daily = [a_pack(letter, f"{letter}z", covers=50) for letter in "abcdefghij"]
    small = [
        a_pack("a", "zz", day=DAY + timedelta(days=1), run_id=f"s3-{number:03d}", covers=5)
        for number in range(90)
    ]
    joined = list(join(chunks, sorted_packs([*daily, *small]), unread, most=3))
    for each, own in zip(joined, daily, strict=True):
        assert [*each.packs] == [small[89], small[88], own]
        assert each.left_out == 88
