"""What is kept in memory is never out of date, and never too much."""

from collage_core.views.etag_cache import EtagCache


def test_a_value_is_found_by_exactly_its_object() -> None:
    cache: EtagCache[str] = EtagCache(most=9)
    cache.keep("bucket", "key", "e1", "value")
    assert cache.get("bucket", "key", "e1") == "value"
    assert cache.get("bucket", "key", "e2") is None
    assert cache.get("bucket", "other", "e1") is None
    assert cache.get("other", "key", "e1") is None


def test_what_was_not_used_for_longest_is_dropped_first() -> None:
    cache: EtagCache[int] = EtagCache(most=2)
    cache.keep("b", "first", "e", 1)
    cache.keep("b", "second", "e", 2)
    assert cache.get("b", "first", "e") == 1
    cache.keep("b", "third", "e", 3)
    assert [cache.get("b", key, "e") for key in ("first", "second", "third")] == [1, None, 3]


def test_values_count_by_their_size_and_the_newest_is_kept_in_any_case() -> None:
    cache: EtagCache[str] = EtagCache(most=5, size=len)
    for key in ("ab", "cde", "f"):
        cache.keep("b", key, "e", key)
    assert [cache.get("b", key, "e") for key in ("ab", "cde", "f")] == [None, "cde", "f"]
    cache.keep("b", "long", "e", "more than five")
    assert [cache.get("b", key, "e") for key in ("cde", "f")] == [None, None]
    assert cache.get("b", "long", "e") == "more than five"
