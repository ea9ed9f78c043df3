"""Neighbours are read together: each cover in one stretch, none too long, nothing far apart."""

from hypothesis import given
from hypothesis import strategies as st

from collage_core.packs.directory import Member
from collage_core.packs.stretches import _WIDEST_GAP, Stretch, joined
from tests.support.packs import a_pack, stem

PACK = a_pack(b"x" * 10, 5)


def member(number: int, at: int, size: int) -> Member:
    return Member(f"{stem('ana', number)}.jpg", at, size, 0)


@given(
    st.lists(st.tuples(st.integers(0, 2 * _WIDEST_GAP), st.integers(1, 900_000)), max_size=30),
    st.integers(1, 2_000_000),
)
def test_stretches_have_all_covers_in_order_and_are_as_long_as_they_may_be(
    gaps_and_sizes: list[tuple[int, int]], most: int
) -> None:
    members: list[Member] = []
    for gap, size in gaps_and_sizes:
        members.append(member(len(members), (members[-1].end if members else 0) + gap, size))
    pairs = list(joined(PACK, members, most))
    assert [item for _, item in pairs] == members
    stretches: dict[Stretch, list[Member]] = {}
    for stretch, item in pairs:
        stretches.setdefault(stretch, []).append(item)
    for stretch, inside in stretches.items():
        assert (stretch.begin, stretch.end) == (inside[0].at, inside[-1].end)
        assert stretch.unused == {item.stem for item in inside}
        assert stretch.bytes <= most or len(inside) == 1
    for before, after in zip(stretches, list(stretches)[1:], strict=False):
        first = stretches[after][0]
        is_far = first.at - before.end > _WIDEST_GAP
        assert is_far or first.end - before.begin > most, "they could be one"
