"""Since when a URL is known to be dead, as earlier refresh lists say it."""

import csv
import io

import pytest

from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.layout import keys
from collage_core.run import first_seen
from collage_core.run.first_seen import first_seen_before
from collage_core.run.refresh_list import REFRESH_COLUMNS
from collage_core.settings import Settings
from tests.support.memory_store import MemoryStore

OUTPUT = Settings().output_bucket
NOW = "20261015_000000"
EARLIER = "2026-08-03T04:05:06+00:00"


def put(store: MemoryStore, second: str, *pictures: tuple[str, str], run_id: str = "") -> None:
    """A list of a run, with `first_seen` of each picture."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(REFRESH_COLUMNS)
    for picture, seen in pictures:
        writer.writerow(['ana, "a"', picture, "https://cdn.example/1.jpg", "http_403", "", seen])
    body = text.getvalue().encode("utf-8-sig")
    key = keys.refresh_list(RunTimestamp.parse(second), run_id or None)
    store.put(OUTPUT, key, body, content_type="text/csv")


def found(store: MemoryStore) -> dict[str, str]:
    return dict(first_seen_before(store, OUTPUT, RunTimestamp.parse(NOW)))


def test_without_an_earlier_list_nothing_is_known() -> None:
    store = MemoryStore()
    put(store, NOW, ("own", ""))
    put(store, NOW, ("beside", ""), run_id="other")
    put(store, "20261016_000000", ("later", ""))
    put(store, "20260831_000000", ("too old", ""))
    assert found(store) == {}


def test_what_a_list_says_is_taken_over_and_the_first_counts() -> None:
    store = MemoryStore()
    put(store, "20260901_000000", ("a", EARLIER), ("c", "2026-09-01T00:00:00+00:00"))
    put(store, "20261002_000000", ("a", "2026-10-02T00:00:00+00:00"), run_id="other")
    put(store, "20261003_000000", ("b", "2026-10-03T00:00:00+00:00"), ("c", EARLIER))
    assert found(store) == {"a": EARLIER, "b": "2026-10-03T00:00:00+00:00", "c": EARLIER}


@pytest.mark.parametrize(
    "seen", ["", "yesterday", "2026-08-03", "2026-08-03T04:05:06", "2027-01-01T00:00:00+00:00"]
)
def test_where_a_list_does_not_say_it_its_own_second_counts(seen: str) -> None:
    store = MemoryStore()
    put(store, "20261002_030405", ("a", seen))
    assert found(store) == {"a": "2026-10-02T03:04:05+00:00"}


def test_a_list_of_an_earlier_release_counts_with_its_own_second() -> None:
    store = MemoryStore()
    body = (
        b"creator_name,picture,last_known_url,reason,updated_at\r\nana,a,https://x.y,http_403,\r\n"
    )
    key = keys.refresh_list(RunTimestamp.parse("20261002_000000"))
    store.put(OUTPUT, key, body, content_type="text/csv")
    assert found(store) == {"a": "2026-10-02T00:00:00+00:00"}


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00", b"a,b\r\n1,2\r\n", b"picture\r\n" + b"x" * 200_000]
)
def test_what_is_no_list_is_left_out_with_a_warning(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryStore()
    put(store, "20261002_000000", ("a", EARLIER))
    broken = keys.refresh_list(RunTimestamp.parse("20261003_000000"))
    store.put(OUTPUT, broken, body, content_type="text/csv")
    odd = f"{keys.refresh_lists_of_month(RunTimestamp.parse(NOW))}mine.csv"
    store.put(OUTPUT, odd, body, content_type="text/csv")
    assert found(store) == {"a": EARLIER}
    assert f"{broken} is no refresh list any more" in caplog.text


def test_of_too_many_lists_the_newest_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    for day in range(1, 10):
        put(store, f"202610{day:02d}_000000", (f"picture-{day}", EARLIER))
    one = len(next(iter(store.objects.values())))
    monkeypatch.setattr(first_seen, "_MOST_BYTES", 3 * one)
    assert sorted(found(store)) == ["picture-7", "picture-8", "picture-9"]
