import re
import unicodedata
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from collage_core.layout.creator_names import (
    LONGEST_ENCODED,
    decode_creator,
    encode_creator,
    encoded_beginnings,
    is_cut,
    known_beginning,
)
from tests.support.strategies import HOSTILE_NAMES

any_name = st.one_of(
    st.sampled_from(HOSTILE_NAMES),
    st.text(min_size=1, max_size=12),
    st.text(st.sampled_from("aA.=-_Ee9/ é"), min_size=1, max_size=6),
    st.text(min_size=60, max_size=400),
)


# What Windows opens a device for, in any case and with any extension.
device_names = st.builds(
    "{}{}".format,
    st.sampled_from(["con", "prn", "aux", "nul", "Com1", "COM9", "lpt0", "LPT3"]),
    st.sampled_from(["", ".", ".txt", ".tar.gz", "pany", "1", " ", "_"]),
)
DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])(\.|$)", re.IGNORECASE)


@given(any_name | device_names)
@example("\ud800")
@example("nul")
@example("com1.txt")
def test_encoded_names_are_safe_in_keys_and_file_systems(name: str) -> None:
    encoded = encode_creator(name)
    assert re.fullmatch(r"[a-zA-F0-9_.=-]+", encoded)
    assert len(encoded) <= LONGEST_ENCODED
    assert ".." not in encoded
    assert not encoded.startswith(".")
    assert not encoded.endswith(".")
    assert not DEVICE.match(encoded)


TWINS: list[Callable[[str], str]] = [
    str.swapcase,
    str.lower,
    str.upper,
    str.casefold,
    str.title,
    *(partial(unicodedata.normalize, form) for form in ("NFC", "NFD", "NFKC", "NFKD")),
    encode_creator,
    lambda name: encode_creator(name).lower(),
    lambda name: name + name[-1],
    lambda name: f"{name} ",
    lambda name: f"{name}.",
]
"""What makes of a name another one that could end at the same file."""


@given(any_name | device_names, st.sampled_from(TWINS))
@example("Ana", str.lower)
@example("é", str.upper)
@example("é", partial(unicodedata.normalize, "NFD"))
@example("=E9", str.lower)
@example("x" * 400, lambda name: name + "x")
@example("X" * 400, str.lower)
@example("é" * 100, lambda name: name + "é")
def test_encoded_names_are_distinct_even_when_case_is_ignored(
    name: str, twin: Callable[[str], str]
) -> None:
    other = twin(name)
    assume(other != name)
    assert encode_creator(name).lower() != encode_creator(other).lower()


@given(any_name)
@example("=-")
@example("=2D")
def test_encoded_names_are_decoded_unless_they_were_cut(name: str) -> None:
    encoded = encode_creator(name)
    if len(name) <= LONGEST_ENCODED // 12:  # four bytes a character, three letters a byte
        assert decode_creator(encoded) == name
    elif "=-" in encoded:
        with pytest.raises(ValueError, match="digest"):
            decode_creator(encoded)
    else:
        assert decode_creator(encoded) == name


@given(st.from_regex(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", fullmatch=True))
def test_an_ordinary_handle_stays_as_it_is(handle: str) -> None:
    assume(len(handle) <= LONGEST_ENCODED)
    assume(not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", handle))
    assert encode_creator(handle) == handle


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("dance.queen_99", "dance.queen_99"),
        ("Ana", "=41na"),
        ("aná", "an=C3=A1"),
        ("a b", "a=20b"),
        ("a/b", "a=2Fb"),
        ("..", "=2E=2E"),
        ("a..b", "a.=2Eb"),
        (".hidden", "=2Ehidden"),
        ("=", "=3D"),
        ("nul", "=6Eul"),
        ("com1.txt", "=63om1.txt"),
        ("company", "company"),
    ],
)
def test_names_are_encoded_as_documented(name: str, encoded: str) -> None:
    assert encode_creator(name) == encoded


def test_a_long_name_is_cut_to_a_digest_of_all_of_it() -> None:
    encoded = encode_creator("x" * 400)
    assert len(encoded) == LONGEST_ENCODED
    assert encoded.startswith("xxx")
    assert "=-" in encoded


@pytest.mark.parametrize("syllable", ["é", "aé", "aaé", "/"])
def test_a_long_name_is_never_cut_inside_an_escape(syllable: str) -> None:
    kept, _, digest = encode_creator(syllable * 200).rpartition("=-")
    assert re.fullmatch(r"([a-z]|=[0-9A-F]{2})+", kept)
    assert re.fullmatch(r"[0-9a-f]{32}", digest)


def test_an_empty_name_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="empty"):
        encode_creator("")


@given(any_name, st.sampled_from(["", "x" * 200, "é" * 90, "a🦄" * 60, "\ud800" * 80]))
def test_of_a_name_that_was_cut_a_beginning_is_known(name: str, more: str) -> None:
    whole = f"{name}{more}"
    encoded = encode_creator(whole)
    if is_cut(encoded):
        known = known_beginning(encoded)
        assert whole.startswith(known)
        assert known
    else:
        assert decode_creator(encoded) == whole
        assert len(whole) <= LONGEST_ENCODED


@given(any_name | device_names, st.integers(0, 400))
@example("con.txt", 2)
@example("com1", 4)
@example("a..b", 2)
@example("...", 2)
def test_an_encoded_name_begins_as_one_of_the_beginnings_of_each_part(
    name: str, length: int
) -> None:
    encoded = encode_creator(name)
    assert any(encoded.startswith(each) for each in encoded_beginnings(name[:length]))


def test_only_a_text_that_may_become_a_device_has_two_beginnings() -> None:
    assert encoded_beginnings("ana") == ["ana"]
    assert encoded_beginnings("co") == ["co", "=63o"]
    assert encoded_beginnings("") == [""]
    assert encoded_beginnings("conny") == ["conny"]
