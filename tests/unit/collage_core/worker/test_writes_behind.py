"""Objects are written while the next creator is made: in order, saved, and never lost."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, override

import pytest
from msgspec.structs import replace

from collage_core.contract.document import to_json
from collage_core.contract.reasons import Reason
from collage_core.contract.receipt import Receipt, WrittenObject
from collage_core.covers.rows import CoverRow
from collage_core.sources.result import Failed, Fetched
from collage_core.worker.chunk import add_receipts, process_chunk
from collage_core.worker.machine import Machine
from collage_core.worker.recipe import Ingredients, Made, ObjectToWrite, Places, Selection
from collage_core.worker.writing import UnwrittenCreator, WrittenCreator
from tests.support.chunks import CHUNK_START, PLENTY, chunk, message, without_time

NAMES = ("ana", "bo", "cy", "dee")
DATA = chunk([(name, f"http://cdn/{name}.jpg", "2026-09-01") for name in NAMES])


class Clock(Machine):
    """A machine whose clock stands still unless told."""

    def __init__(self) -> None:
        self.now = 0.0

    @override
    def monotonic(self) -> float:
        return self.now


class NamesOfCovers:
    """A product that is one object: the covers' bytes."""

    part_bytes = 1_000
    created_message = "made %s of %d"

    def __init__(self, on_make: Callable[[str], object] = lambda _: None) -> None:
        self.on_make = on_make

    def select(self, rows: Sequence[CoverRow]) -> Selection:
        return Selection(list(rows), [], [])

    def decode(self, body: bytes) -> bytes | Reason:
        return body

    def places(self, creator: str) -> Places:
        return Places(f"lead/{creator}", f"record/{creator}")

    def make(self, ingredients: Ingredients[bytes]) -> Made:
        self.on_make(ingredients.creator)
        key = f"lead/{ingredients.creator}"
        objects = [ObjectToWrite("lead", key, b"".join(ingredients.parts), "text/plain")]

        def record(written: Mapping[str, WrittenObject]) -> ObjectToWrite:
            return ObjectToWrite(
                "metadata", f"record/{ingredients.creator}", repr(written).encode(), "text/plain"
            )

        return Made(ingredients.result(key), objects, record)

    def complete(self, ingredients: Ingredients[Any], lead: bytes) -> Made:
        return Made(ingredients.result(lead.decode()), [], lambda _: ObjectToWrite("", "", b"", ""))


@dataclass
class Source:
    asked: list[str] = field(default_factory=list)
    blocked_hosts = ""

    def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
        assert seconds_left > 0
        self.asked.append(url)
        return Fetched(url.encode())


@dataclass
class Writer:
    """Remembers what it was given."""

    done: Mapping[str, WrittenCreator] = field(default_factory=dict)
    on_write: Callable[[str], object] = lambda _: None
    written: list[str] = field(default_factory=list)
    looked_for: list[tuple[str, int]] = field(default_factory=list)
    begun_with: list[str] = field(default_factory=list)
    creators: list[UnwrittenCreator] = field(default_factory=list)

    def begin(self, places: Places) -> bool:
        self.begun_with.append(places.lead)
        return bool(self.done)

    def done_before(self, places: Places, creator: str, rows: int) -> WrittenCreator | None:
        assert places.record == f"record/{creator}"
        self.looked_for.append((creator, rows))
        return self.done.get(creator)

    def write(self, creator: UnwrittenCreator, threads: Executor) -> WrittenCreator:
        assert threads.submit(int, "7").result() == 7
        name = creator.made.result.creator
        self.on_write(name)
        self.written.append(name)
        self.creators.append(creator)
        return WrittenCreator(creator.made.result)


def work(
    writer: Writer,
    *,
    data: bytes = DATA,
    recipe: NamesOfCovers | None = None,
    source: Source | None = None,
    saves: list[Receipt] | None = None,
    counted: list[str] | None = None,
    machine: Machine | None = None,
    seconds_left: Callable[[], float] = lambda: PLENTY,
) -> Receipt:
    return process_chunk(
        data,
        message(data),
        recipe or NamesOfCovers(),
        source=source or Source(),
        writer=writer,
        seconds_left=seconds_left,
        on_creator=None if counted is None else lambda result: counted.append(result.creator),
        on_save=None if saves is None else saves.append,
        machine=machine or Clock(),
    )


def names(receipt: Receipt) -> list[str]:
    return [result.creator for result in receipt.results]


def test_creators_are_counted_in_their_order_each_when_it_is_written() -> None:
    events: list[tuple[str, str]] = []
    counted: list[str] = []

    def wrote(name: str) -> None:
        assert name not in counted
        events.append(("wrote", name))

    receipt = work(Writer(on_write=wrote), counted=counted)
    assert names(receipt) == counted == [name for _, name in events] == list(NAMES)


def test_a_creator_that_is_loaded_is_made_while_the_one_before_is_being_written() -> None:
    made: list[str] = []
    is_made = threading.Event()
    all_are_decoded = threading.Semaphore(0)

    class Decoding(NamesOfCovers):
        @override
        def decode(self, body: bytes) -> bytes | Reason:
            all_are_decoded.release()
            return body

    def make(name: str) -> None:
        if name == "ana":
            for _ in NAMES:
                assert all_are_decoded.acquire(timeout=30)
            machine.sleep(0.3)  # until those who decode have said so
        made.append(name)
        if name == "bo":
            is_made.set()

    def write(name: str) -> None:
        if name == "ana":
            assert is_made.wait(30), "bo waits for ana to be written"

    machine = Machine()
    receipt = work(Writer(on_write=write), recipe=Decoding(make), machine=machine)
    assert names(receipt) == made == list(NAMES)


def test_an_error_of_a_write_ends_the_work_and_nothing_is_written_after_it() -> None:
    def write(name: str) -> None:
        if name == "bo":
            raise PermissionError(name)

    writer, counted = Writer(on_write=write), list[str]()
    with pytest.raises(PermissionError, match="bo"):
        work(writer, counted=counted)
    assert writer.written == counted == ["ana"]


def test_an_error_of_a_write_does_not_wait_for_the_covers_of_the_next_creator() -> None:
    """They may take minutes."""
    end_of_test = threading.Event()

    class Hanging(Source):
        @override
        def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
            if "bo" in url:
                end_of_test.wait(60)
            return super().fetch(url, seconds_left=seconds_left)

    def write(name: str) -> None:
        raise PermissionError(name)

    with pytest.raises(PermissionError, match="ana"):
        work(Writer(on_write=write), source=Hanging())
    assert not end_of_test.is_set()
    end_of_test.set()


def test_what_is_done_is_saved_although_the_next_creator_is_late() -> None:
    clock, end_of_test = Clock(), threading.Event()

    class Saves(list[Receipt]):
        @override
        def append(self, receipt: Receipt) -> None:
            super().append(receipt)
            end_of_test.set()

    class Hanging(Source):
        @override
        def fetch(self, url: str, *, seconds_left: float) -> Fetched | Failed:
            if "bo" in url:
                assert end_of_test.wait(60), "saved before it is waited for"
            return super().fetch(url, seconds_left=seconds_left)

    def write(_: str) -> None:
        clock.now += 20.0

    saves = Saves()
    receipt = work(Writer(on_write=write), source=Hanging(), saves=saves, machine=clock)
    assert names(saves[0]) == ["ana"]
    assert names(receipt) == list(NAMES)


def test_an_error_of_the_last_write_ends_the_work_too() -> None:
    def write(name: str) -> None:
        if name == NAMES[-1]:
            raise PermissionError(name)

    with pytest.raises(PermissionError, match="dee"):
        work(Writer(on_write=write))


def test_an_error_of_the_recipe_leaves_no_write_behind() -> None:
    def make(name: str) -> None:
        if name == "cy":
            raise ZeroDivisionError(name)

    writer = Writer()
    with pytest.raises(ZeroDivisionError):
        work(writer, recipe=NamesOfCovers(make))
    assert writer.written == ["ana", "bo"]


def test_what_is_written_is_saved_every_twenty_seconds_with_the_place_of_the_rest() -> None:
    clock, saves = Clock(), list[Receipt]()

    def write(name: str) -> None:
        clock.now += {"ana": 19.0, "bo": 1.0, "cy": 20.0}.get(name, 0.0)

    receipt = work(Writer(on_write=write), saves=saves, machine=clock)
    assert [names(saved) for saved in saves] == [["ana", "bo"], ["ana", "bo", "cy"]]
    for saved, rest in zip(saves, (b"cy,", b"dee,"), strict=True):
        assert saved.resume_at == CHUNK_START + DATA.index(rest)
        assert saved.byte_range == receipt.byte_range
        assert saved.lines == len(saved.results)
        saved.books.check_balance("what was saved")
    assert names(receipt) == list(NAMES)
    assert receipt.resume_at is None


def test_what_was_saved_and_the_work_on_the_rest_are_the_whole_chunk() -> None:
    """Also where rows without a creator, or rejected ones, are at the border."""
    data = (
        chunk([("ana", "http://cdn/1.jpg", "2026-09-01"), ("ana", "no url", "")])
        + b",http://cdn/2.jpg,\n"
        + chunk([("bo", "http://cdn/3.jpg", "")])
        + b"bad\n" * 2
        + chunk([("cy", "no url", ""), ("dee", "http://cdn/4.jpg", "")])
        + b",x,\n"
    )
    clock, saves = Clock(), list[Receipt]()

    def tick() -> float:
        clock.now += 20.0
        return PLENTY

    whole = work(Writer(), data=data)
    work(Writer(), data=data, saves=saves, machine=clock, seconds_left=tick)
    assert len(saves) >= 4
    for saved in saves:
        done = saved.bytes_done
        assert done is not None
        rest = work(Writer(), data=data[done:])
        first, last = whole.byte_range
        rest = replace(rest, byte_range=(first + done, last))
        both = add_receipts(saved, rest)
        assert to_json(without_time(both)) == to_json(without_time(whole))


def test_nothing_is_saved_by_a_worker_that_is_done_sooner() -> None:
    saves: list[Receipt] = []
    work(Writer(), saves=saves)
    assert saves == []


def test_an_error_of_a_save_ends_the_work() -> None:
    class Full(list[Receipt]):
        @override
        def append(self, receipt: Receipt) -> None:
            raise OSError(names(receipt))

    clock = Clock()

    def write(_: str) -> None:
        clock.now += 20.0

    with pytest.raises(OSError, match="ana"):
        work(Writer(on_write=write), saves=Full(), machine=clock)


def written_before(*creators: str) -> dict[str, WrittenCreator]:
    """What a worker has found out about these creators before."""
    writer = Writer()
    work(writer)
    return {
        item.made.result.creator: WrittenCreator(item.made.result)
        for item in writer.creators
        if item.made.result.creator in creators
    }


def test_creators_that_are_done_already_are_counted_and_not_fetched() -> None:
    source, writer = Source(), Writer(done=written_before("ana", "bo"))
    receipt = work(writer, source=source)
    assert sorted(source.asked) == ["http://cdn/cy.jpg", "http://cdn/dee.jpg"]
    assert writer.written == ["cy", "dee"]
    assert without_time(receipt) == without_time(work(Writer()))


def test_creators_are_looked_for_until_one_is_not_done() -> None:
    writer = Writer(done=written_before("ana", "cy"))
    work(writer)
    assert writer.looked_for == [("ana", 1), ("bo", 1)]
    assert writer.written == ["bo", "cy", "dee"]


def test_nobody_is_looked_for_when_the_first_creator_was_not_begun() -> None:
    writer = Writer()
    work(writer)
    assert writer.looked_for == []
    assert writer.begun_with == ["lead/ana"]


def test_a_chunk_without_any_creator_writes_nothing_and_proves_nothing() -> None:
    writer = Writer()
    receipt = work(writer, data=b",http://cdn/1.jpg,\n" * 3)
    assert receipt.books.rows.rejected == 3
    assert writer.begun_with == []


def test_writing_is_proved_with_the_first_creator_that_has_a_name() -> None:
    writer = Writer()
    receipt = work(writer, data=b",http://cdn/1.jpg,\n" * 3 + DATA)
    assert writer.begun_with == ["lead/ana"]
    assert receipt.books.rows.rejected == 3
    assert names(receipt) == list(NAMES)


def test_no_cover_is_fetched_when_nothing_may_be_written() -> None:
    class Refused(Writer):
        @override
        def begin(self, places: Places) -> bool:
            raise PermissionError(places.lead)

    source = Source()
    with pytest.raises(PermissionError):
        work(Refused(), source=source)
    assert source.asked == []


def test_a_lead_that_another_worker_wrote_is_completed_from_its_mark() -> None:
    writer = Writer()
    work(writer)
    creator = writer.creators[0]
    assert creator.mark == "1"
    assert creator.complete("1", b"theirs").result.rows.placed == 1
    for mark in ("http_404", "2", "1,http_404", "nonsense"):
        with pytest.raises(ValueError):  # noqa: PT011 - of several modules
            creator.complete(mark, b"theirs")
