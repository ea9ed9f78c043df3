"""Stretches on disk: read once for all threads, within a bound, and gone when they are used up."""

import errno
import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from collage_core.packs import stretch_files
from collage_core.packs.directory import Member, read_directory
from collage_core.packs.stretch_files import NoTimeError, ReadStretch, StretchFiles
from collage_core.packs.stretches import Stretch, joined
from tests.support.packs import a_pack, stem, zipped

COVERS = {stem("ana", number): b"%03d" % number * 100 for number in range(40)}
BODY, DIRECTORY_AT = zipped(COVERS)
PACK = a_pack(BODY, DIRECTORY_AT)


def stretches(most: int = len(BODY)) -> list[tuple[Stretch, Member]]:
    return list(joined(PACK, read_directory(BODY[DIRECTORY_AT:], PACK), most))


def of_body(stretch: Stretch) -> bytes:
    return BODY[stretch.begin : stretch.end]


@contextmanager
def opened(read: ReadStretch = of_body) -> Iterator[StretchFiles]:
    files = StretchFiles(read, future=Future)
    yield files
    files.close()


def take(files: StretchFiles, pair: tuple[Stretch, Member], *, seconds: float = 5) -> bytes:
    taken = files.take(*pair, seconds=seconds)
    assert taken is not None
    pair[1].check(*taken)
    return taken[1]


def open_files() -> int:
    """Files without a name that this process has open."""
    gc.collect()
    links = (_link(descriptor) for descriptor in Path("/proc/self/fd").iterdir())
    return sum("collage-pack-" in link or "(deleted)" in link for link in links)


def _link(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:  # the one with which the folder was listed
        return ""


class Gate:
    """Reads a stretch when it is told to."""

    def __init__(self, read: Callable[[Stretch], bytes | None] = of_body) -> None:
        self.reads = 0
        self.is_reading = threading.Event()
        self.may_read = threading.Event()
        self._read = read

    def __call__(self, stretch: Stretch) -> bytes | None:
        self.reads += 1
        self.is_reading.set()
        assert self.may_read.wait(10)
        return self._read(stretch)


def test_threads_that_want_one_stretch_read_it_once() -> None:
    gate = Gate()
    with opened(gate) as files, ThreadPoolExecutor(len(COVERS)) as threads:
        covers = threads.map(lambda pair: take(files, pair), stretches())
        gate.may_read.set()
        assert list(covers) == list(COVERS.values())
    assert gate.reads == 1


def test_a_stretch_is_gone_when_all_of_it_was_taken() -> None:
    with opened() as files:
        pairs = stretches()
        before = open_files()
        for pair in pairs[:-1]:
            take(files, pair)
        assert files.bytes == DIRECTORY_AT
        assert open_files() == before + 1
        take(files, pairs[-1])
        assert files.bytes == 0
        assert open_files() == before


def test_a_cover_that_is_taken_again_is_read_again_and_stays_nowhere() -> None:
    gate = Gate()
    gate.may_read.set()
    with opened(gate) as files:
        for pair in stretches():
            take(files, pair)
        assert take(files, stretches()[3]) == list(COVERS.values())[3]
        pair = stretches()[3]
        pair[0].unused.clear()
        take(files, pair)
        assert gate.reads == 3


def test_who_cannot_wait_leaves_the_others_to_their_reading() -> None:
    gate = Gate()
    first, second, *_ = stretches()
    with opened(gate) as files, ThreadPoolExecutor(1) as thread:
        reading = thread.submit(take, files, first)
        assert gate.is_reading.wait(10)
        with pytest.raises(NoTimeError):
            files.take(*second, seconds=0.05)
        gate.may_read.set()
        assert reading.result() == COVERS[first[1].stem]
        assert take(files, second) == COVERS[second[1].stem]
    assert gate.reads == 1


def test_reading_waits_for_memory_and_not_longer_than_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretch_files, "READING_BYTES", 1000)
    gate = Gate()
    first, second, *_ = stretches(600)
    assert first[0] is not second[0]
    with opened(gate) as files, ThreadPoolExecutor(1) as thread:
        reading = thread.submit(take, files, first)
        assert gate.is_reading.wait(10)
        second[0].end = second[0].begin + 900  # too long to be read beside the first
        with pytest.raises(NoTimeError):
            files.take(*second, seconds=0.05)
        gate.may_read.set()
        assert reading.result() == COVERS[first[1].stem]
        assert take(files, second) == COVERS[second[1].stem]


def test_what_goes_wrong_is_raised_to_all_who_wait_and_the_next_one_reads_again() -> None:
    def refuse(stretch: Stretch) -> bytes:
        if gate.reads == 1:
            raise RuntimeError("SlowDown")
        return of_body(stretch)

    gate = Gate(refuse)
    first, second, *_ = stretches()
    with opened(gate) as files, ThreadPoolExecutor(2) as threads:
        reading = threads.submit(take, files, first)
        assert gate.is_reading.wait(10)
        waiting = threads.submit(take, files, second)
        gate.may_read.set()
        with pytest.raises(RuntimeError, match="SlowDown"):
            reading.result()
        if isinstance(waiting.exception(), RuntimeError):  # or it came after the failure
            assert gate.reads == 1
        assert take(files, second) == COVERS[second[1].stem]
        assert gate.reads == 2


def test_a_full_disk_is_an_error_and_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with opened() as files:
        monkeypatch.setattr(stretch_files, "_spooled", full)
        with pytest.raises(OSError, match="No space left"):
            files.take(*stretches()[0], seconds=5)
        assert files.bytes == 0


def test_a_lost_pack_is_nothing_for_all_who_wait() -> None:
    gate = Gate(lambda _: None)
    with opened(gate) as files, ThreadPoolExecutor(8) as threads:
        taken = threads.map(lambda pair: files.take(*pair, seconds=5), stretches()[:8])
        gate.may_read.set()
        assert list(taken) == [None] * 8
        assert files.bytes == 0


def test_the_disk_is_bounded_also_when_many_threads_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stretch_files, "DISK_BYTES", 3000)
    peaks: list[int] = []

    def read(stretch: Stretch) -> bytes:
        peaks.append(files.bytes)
        return of_body(stretch)

    pairs = stretches(800)  # each has two covers
    longest = max(stretch.bytes for stretch, _ in pairs)
    halves = [*pairs[::2], *pairs[1::2]]  # so that each is thrown away before its second cover
    threads_used = 4
    with opened(read) as files:
        before = open_files()
        with ThreadPoolExecutor(threads_used) as threads:
            covers = list(threads.map(lambda pair: take(files, pair), halves))
        assert covers == [COVERS[member.stem] for _, member in halves]
        assert len(peaks) > len({stretch for stretch, _ in pairs}), "some were read twice"
        assert max(peaks) <= 3000 + threads_used * longest
        assert files.bytes == 0
        assert open_files() == before


def test_what_is_in_use_is_not_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = stretches(len(BODY) // 2)
    slow = pairs[0][0]
    of_slow = [pair for pair in pairs if pair[0] is slow]
    other = next(pair for pair in pairs if pair[0] is not slow)
    monkeypatch.setattr(stretch_files, "DISK_BYTES", slow.bytes)
    gate, reads = Gate(), []

    def read(stretch: Stretch) -> bytes | None:
        reads.append(stretch)
        return gate(stretch) if stretch is slow else of_body(stretch)

    with opened(read) as files, ThreadPoolExecutor(1) as thread:
        reading = thread.submit(take, files, of_slow[0])
        assert gate.is_reading.wait(10)
        assert take(files, other) == COVERS[other[1].stem]
        gate.may_read.set()
        assert reading.result() == COVERS[of_slow[0][1].stem]
        for pair in of_slow[1:]:
            assert take(files, pair) == COVERS[pair[1].stem]
        assert len(reads) == 2


def test_closing_frees_the_disk_also_of_what_is_being_read() -> None:
    gate = Gate()
    (first, *_), before = stretches(), open_files()
    files = StretchFiles(gate, future=Future)
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(take, files, first)
        assert gate.is_reading.wait(10)
        files.close()
        gate.may_read.set()
        assert reading.result() == COVERS[first[1].stem]
    assert files.bytes == 0
    assert open_files() == before


def test_waiting_is_for_futures_that_the_caller_has_made() -> None:
    made: list[Future[None]] = []

    def future() -> Future[None]:
        made.append(Future())
        return made[-1]

    files = StretchFiles(of_body, future=future)
    for pair in stretches():
        take(files, pair)
    assert [item.done() for item in made] == [True]
