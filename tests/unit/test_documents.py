import json

from hypothesis import given
from hypothesis import strategies as st

from collage_core.storage.documents import to_document

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text
names = text
flat_objects = st.lists(st.dictionaries(names, scalars | st.just("},\n      {"), max_size=3))
values = st.recursive(
    scalars | flat_objects,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(names, values, max_size=4))
def test_a_document_is_written_as_json_writes_it_with_an_indent(value: dict[str, object]) -> None:
    assert to_document(value) == json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
