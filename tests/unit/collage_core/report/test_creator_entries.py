from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from collage_core.contract.books import RowCounts
from collage_core.contract.picture_options import PictureFormat
from collage_core.contract.receipt import CreatorResult, Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from collage_core.layout.creator_names import encode_creator
from collage_core.report.creator_entries import CreatorEntries, creator_entries
from tests.support.strategies import names

TS = RunTimestamp.parse("20261001_093000")


def keys_of(entries: CreatorEntries, index: int) -> dict[str, str]:
    """The keys as the page's script has them."""
    name, encoded, _, _, _, own = entries.creators[index]
    found = {kind: key.replace("{}", encoded or name) for kind, key in entries.keys.items() if key}
    return found | ({"collage": own} if own else {})


@pytest.mark.thorough
@given(
    st.lists(names, unique=True, min_size=1, max_size=4),
    st.sampled_from(Trigger),
    st.sampled_from(["", "somebody", "a/collage"]),
    st.sampled_from(get_args(PictureFormat)),
)
def test_the_keys_of_every_creator_come_out_of_one_pattern(
    creators: list[str], trigger: Trigger, prefix: str, suffix: PictureFormat
) -> None:
    collages = [keys.collage(name, TS, trigger, prefix, suffix=suffix) for name in creators]
    results = [
        CreatorResult(name, Outcome.COMPLETE, RowCounts(1, 1), collage)
        for name, collage in zip(creators, collages, strict=True)
    ]
    entries = creator_entries(results, TS, by_creator_copies=True)
    for index, name in enumerate(creators):
        assert keys_of(entries, index) == {
            "collage": collages[index],
            "copy": keys.collage_by_creator(name, TS, suffix=suffix),
            "thumbnail": keys.thumbnail(name, TS),
            "metadata": keys.metadata(name, TS),
        }


def test_an_entry_has_what_became_of_the_creator_and_why() -> None:
    result = CreatorResult(
        "Ana",
        Outcome.FAILED,
        RowCounts(3, rejected=1, failed=2),
        None,
        {"timeout": 2, "bad_row": 1},
    )
    entries = creator_entries([result], TS, by_creator_copies=False)
    assert entries.reasons == ["bad_row", "timeout"]
    assert entries.creators == [["Ana", "=41na", 2, [3, 0, 0, 0, 1, 2], [1, 2, 0, 1], 0]]
    assert entries.keys["collage"] is None
    assert entries.keys["copy"] is None


def test_a_collage_elsewhere_keeps_its_own_key_and_reasons_may_be_unknown() -> None:
    results = [
        CreatorResult(name, Outcome.COMPLETE, RowCounts(1, 1), key, UNSET)
        for name, key in (("ana", f"a/ana_collage_{TS}.jpg"), ("bo", "elsewhere/x.webp"))
    ]
    entries = creator_entries(results, TS, by_creator_copies=True)
    assert [keys_of(entries, index)["collage"] for index in (0, 1)] == [
        f"a/ana_collage_{TS}.jpg",
        "elsewhere/x.webp",
    ]
    assert entries.creators[0][4] == []
    assert encode_creator("bo") == "bo"
