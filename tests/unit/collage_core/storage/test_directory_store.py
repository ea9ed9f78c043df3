import hashlib
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collage_core.errors import ConditionFailedError
from collage_core.storage.directory_store import DirectoryStore

TEXT = "text/plain"


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore({"output": tmp_path / "out"})


def test_an_object_is_a_file_at_its_key(store: DirectoryStore, tmp_path: Path) -> None:
    etag = store.put("output", "collages/manual/ana.jpg", b"picture", content_type=TEXT)
    assert (tmp_path / "out/collages/manual/ana.jpg").read_bytes() == b"picture"
    assert etag == hashlib.md5(b"picture", usedforsecurity=False).hexdigest()


def test_a_written_object_is_read_whole_and_in_part(store: DirectoryStore) -> None:
    etag = store.put("output", "a", b"0123456789", content_type=TEXT)
    whole = store.get("output", "a")
    part = store.get("output", "a", byte_range=(2, 4), etag=etag)
    assert whole
    assert part
    assert (whole.body, whole.etag) == (b"0123456789", etag)
    assert (part.body, part.etag) == (b"234", etag)


def test_a_missing_object_is_none(store: DirectoryStore) -> None:
    assert store.get("output", "a/b") is None
    assert list(store.list_keys("output", "")) == []


def test_keys_are_listed_by_prefix_in_the_order_of_their_bytes(store: DirectoryStore) -> None:
    for key in ("b/z", "b/é", "b/A", "b/a/1", "c", "b2"):
        store.put("output", key, b"", content_type=TEXT)
    assert list(store.list_keys("output", "b/")) == ["b/A", "b/a/1", "b/z", "b/é"]


def test_folders_are_listed_without_what_is_in_them(store: DirectoryStore) -> None:
    for key in ("a/b/1", "a/b/2", "a/b-c/1", "a/d", "a/é/x/y", "b/e/1"):
        store.put("output", key, b"", content_type=TEXT)
    assert list(store.list_folders("output", "a/")) == ["b-c", "b", "é"]
    assert list(store.list_folders("output", "none/")) == []


def test_reading_a_changed_object_by_its_old_etag_is_a_conflict(store: DirectoryStore) -> None:
    old = store.put("output", "a", b"old", content_type=TEXT)
    store.put("output", "a", b"new", content_type=TEXT)
    with pytest.raises(ConditionFailedError, match="a has ETag"):
        store.get("output", "a", etag=old)
    with pytest.raises(ConditionFailedError):
        store.put("output", "a", b"mine", content_type=TEXT, if_etag=old)
    with pytest.raises(ConditionFailedError, match="gone"):
        store.put("output", "b", b"mine", content_type=TEXT, if_etag=old)


def test_only_one_of_many_conditional_writes_succeeds(
    store: DirectoryStore, tmp_path: Path
) -> None:
    def write(number: int) -> bool:
        try:
            store.put("output", "a", str(number).encode(), content_type=TEXT, if_absent=True)
        except ConditionFailedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(50))) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o007, 0o660), (0o077, 0o600)])
def test_a_file_has_the_usual_permissions_of_the_user(tmp_path: Path, mask: int, mode: int) -> None:
    program = (
        "import os, sys; from pathlib import Path; "
        f"from collage_core.storage.directory_store import DirectoryStore; os.umask({mask}); "
        "DirectoryStore({'o': Path(sys.argv[1])}).put('o', 'a', b'', content_type='')"
    )
    subprocess.run(  # noqa: S603 - a process of its own, for its umask
        [sys.executable, "-c", program, tmp_path], cwd=Path(__file__).parents[4], check=True
    )
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


@pytest.mark.parametrize("key", ["../a", "a/../../b", "/etc/passwd"])
def test_a_key_that_leads_out_of_the_folder_is_refused(store: DirectoryStore, key: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        store.put("output", key, b"", content_type=TEXT)
