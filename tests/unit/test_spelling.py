import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from collage_core.spelling import LONGEST_SPELLING, read_creator, spell_creator
from tests.support.strategies import HOSTILE_NAMES

any_name = st.one_of(
    st.sampled_from(HOSTILE_NAMES),
    st.text(min_size=1, max_size=12),
    st.text(st.sampled_from("aA.=-_Ee9/ é"), min_size=1, max_size=6),
    st.text(min_size=60, max_size=400),
)


@given(any_name)
@example("\ud800")
def test_a_spelling_is_safe_in_a_key_and_in_any_file_system(name: str) -> None:
    spelled = spell_creator(name)
    assert re.fullmatch(r"[a-zA-F0-9_.=-]+", spelled)
    assert len(spelled) <= LONGEST_SPELLING
    assert ".." not in spelled
    assert not spelled.startswith(".")
    assert not spelled.endswith(".")


@given(any_name, any_name)
@example("Ana", "ana")
@example("é", "É")
@example("=E9", "é")
@example("x" * 400, "x" * 401)
@example("X" * 400, "x" * 400)
@example("é" * 100, "é" * 101)
def test_distinct_names_are_distinct_even_where_case_is_ignored(a: str, b: str) -> None:
    assume(a != b)
    assert spell_creator(a).lower() != spell_creator(b).lower()


@given(any_name)
@example("=-")
@example("=2D")
def test_a_spelling_is_read_back_unless_it_was_cut(name: str) -> None:
    spelled = spell_creator(name)
    if len(name) <= LONGEST_SPELLING // 12:  # four bytes a character, three letters a byte
        assert read_creator(spelled) == name
    elif "=-" in spelled:
        with pytest.raises(ValueError, match="digest"):
            read_creator(spelled)
    else:
        assert read_creator(spelled) == name


@given(st.from_regex(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", fullmatch=True))
def test_an_ordinary_handle_stays_as_it_is(handle: str) -> None:
    assume(len(handle) <= LONGEST_SPELLING)
    assume(not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", handle))
    assert spell_creator(handle) == handle


@pytest.mark.parametrize(
    ("name", "spelled"),
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
def test_names_are_spelled_as_documented(name: str, spelled: str) -> None:
    assert spell_creator(name) == spelled


def test_a_long_name_is_cut_to_a_digest_of_all_of_it() -> None:
    spelled = spell_creator("x" * 400)
    assert len(spelled) == LONGEST_SPELLING
    assert spelled.startswith("xxx")
    assert "=-" in spelled


@pytest.mark.parametrize("syllable", ["é", "aé", "aaé", "/"])
def test_a_long_name_is_never_cut_inside_an_escape(syllable: str) -> None:
    kept, _, digest = spell_creator(syllable * 200).rpartition("=-")
    assert re.fullmatch(r"([a-z]|=[0-9A-F]{2})+", kept)
    assert re.fullmatch(r"[0-9a-f]{32}", digest)


def test_an_empty_name_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="empty"):
        spell_creator("")
