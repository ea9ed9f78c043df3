import pytest

from collage_core.covers.public_url import without_query


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://cdn/a.jpg?x-signature=s", "https://cdn/a.jpg"),
        ("https://cdn/a.jpg#token=s", "https://cdn/a.jpg"),
        ("https://cdn?sig=s/a.jpg", "https://cdn"),
        ("https://cdn/a%3Fb.jpg", "https://cdn/a%3Fb.jpg"),
        ("https://cdn/a?b\u2028?c\n", "https://cdn/a"),
    ],
)
def test_a_url_is_shown_without_its_query(url: str, shown: str) -> None:
    assert without_query(url) == shown
