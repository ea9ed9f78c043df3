"""Workers that meet at one creator: whatever the order of their requests, one decision holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.books import RowCounts
from collage_core.contract.creator_record import CreatorRecord, UnplacedRow
from collage_core.contract.reading import read
from collage_core.contract.receipt import CreatorResult, Outcome, WrittenObject
from collage_core.errors import ConditionFailedError, PlanReplacedError, RaceError
from collage_core.storage.documents import JSON, to_document
from collage_core.storage.object_store import ObjectStore
from collage_core.worker.mark import as_mark, from_mark
from collage_core.worker.recipe import RECORD, Made, ObjectToWrite, Places
from collage_core.worker.shared_writer import CHUNK, COVERS, LEAD, SharedWriter
from collage_core.worker.writing import UnwrittenCreator, WrittenCreator
from tests.support.memory_store import MemoryStore
from tests.support.turns import InlineExecutor, Killed, StoreInTurns, Turn, bodies

BUCKET = "out"
PLACES = Places("collages/ana.jpg", "metadata/ana.json")
COPY, THUMBNAIL = "by-creator/ana.jpg", "thumbnails/ana.jpg"
MOST_STEPS = 22
"""More requests and pauses than a worker makes of which nobody is in the way."""

type Covers = Sequence[str]
"""What the covers answered: `ok1` is a picture, anything else a reason."""

GOOD: Covers = ("ok0", "ok1", "ok2")
WORSE: Covers = ("ok0", "http_404", "ok2")
NOTHING: Covers = ("http_500", "http_500", "timeout")


@dataclass
class Plan:
    """The chunks of the run, and who asked for them."""

    chunks: set[str]
    chunk_id: str
    checks: int = 0
    store: ObjectStore | None = None

    def check(self) -> None:
        self.checks += 1
        if self.store is not None:
            self.store.head("temp", "manifest.json")  # a request, before which others may come
        if self.chunk_id not in self.chunks:
            raise PlanReplacedError(self.chunk_id)

    def check_now_and_then(self) -> None:
        """The last check is never long ago."""


@dataclass
class World:
    store: MemoryStore = field(default_factory=MemoryStore)
    chunks: set[str] = field(default_factory=lambda: {"x"})

    @property
    def bodies(self) -> dict[str, bytes]:
        return bodies(self.store.objects, BUCKET)

    @property
    def record(self) -> CreatorRecord:
        return read(self.bodies[PLACES.record], CreatorRecord)

    def writer(self, chunk_id: str = "x", turn: Turn | None = None) -> SharedWriter:
        store = StoreInTurns(self.store, turn.wait) if turn else self.store
        pause = turn.wait if turn else lambda _: None
        return SharedWriter(
            store, BUCKET, chunk_id, Plan(self.chunks, chunk_id, store=store), pause
        )

    def write(self, covers: Covers, chunk_id: str = "x") -> WrittenCreator:
        return self.writer(chunk_id).write(creator(covers, chunk_id), InlineExecutor())

    def turn(self, covers: Covers, chunk_id: str = "x") -> Turn:
        """A worker that writes the creator one request at a time."""
        return Turn(
            lambda turn: self.writer(chunk_id, turn).write(
                creator(covers, chunk_id), InlineExecutor()
            )
        )

    def put(self, key: str, body: bytes, **metadata: str) -> str:
        return self.store.put(BUCKET, key, body, content_type=JSON, metadata=metadata)

    def check(self, *results: object, orphans: bool = False) -> None:
        """The bucket has one decision, whole, and all results say so."""
        record = self.record
        placed = record.result.rows.placed
        expected = {PLACES.record: record_etag(self.store)}
        if placed:
            lead = self.bodies[PLACES.lead]
            assert lead.count(b"ok") == placed
            head = self.store.head(BUCKET, PLACES.lead)
            thumbnail = self.store.head(BUCKET, THUMBNAIL)
            copy = self.store.head(BUCKET, COPY)
            assert head is not None
            assert thumbnail is not None
            assert copy is not None
            assert self.bodies[COPY] == lead
            assert self.bodies[THUMBNAIL].endswith(lead)
            for item in (thumbnail, copy):
                assert item.metadata == {CHUNK: head.metadata[CHUNK], LEAD: head.etag}
            assert set(record.result.known_objects) == {"collage", "by_creator", "thumbnail"}
        else:
            assert not record.result.known_objects
        kinds = {"collage": PLACES.lead, "by_creator": COPY, "thumbnail": THUMBNAIL}
        for kind, item in record.result.known_objects.items():
            head = self.store.head(BUCKET, kinds[kind])
            assert head is not None
            assert (item.etag, item.bytes) == (head.etag, head.bytes)
            expected[kinds[kind]] = head.etag
        if not orphans:
            assert set(self.bodies) == set(expected)
        whole = replace(
            record.result,
            objects={
                **record.result.known_objects,
                RECORD: WrittenObject(expected[PLACES.record], len(self.bodies[PLACES.record])),
            },
        )
        for result in results:
            assert isinstance(result, WrittenCreator), repr(result)
            assert result.result == whole
            if result.record is not None:
                assert result.record.result.rows == whole.rows


def record_etag(store: MemoryStore) -> str:
    head = store.head(BUCKET, PLACES.record)
    assert head is not None
    return head.etag


def made(covers: Sequence[str | None], chunk_id: str, lead: bytes, thumbnail: bytes) -> Made:
    """What a recipe makes: None is a cover that is placed, anything else why it is not."""
    reasons = [reason for reason in covers if reason is not None]
    placed = len(covers) - len(reasons)
    outcome = Outcome.COMPLETE if not reasons else Outcome.PARTIAL if placed else Outcome.FAILED
    result = CreatorResult(
        "ana",
        outcome,
        RowCounts(total=len(covers), placed=placed, failed=len(reasons)),
        PLACES.lead if placed else None,
        {reason: reasons.count(reason) for reason in reasons},
    )

    def record(objects: Mapping[str, WrittenObject]) -> ObjectToWrite:
        document = CreatorRecord(
            result=replace(result, objects=objects),
            chunk_id=chunk_id,
            not_placed=[UnplacedRow(url="http://cdn/1.jpg", reason=reason) for reason in reasons],
        )
        return ObjectToWrite(RECORD, PLACES.record, to_document(document), JSON)

    objects = [
        ObjectToWrite("collage", PLACES.lead, lead, "image/jpeg"),
        ObjectToWrite("by_creator", COPY, lead, "image/jpeg"),
        ObjectToWrite("thumbnail", THUMBNAIL, thumbnail, "image/jpeg"),
    ]
    return Made(result, objects if placed else [], record)


def creator(covers: Covers, chunk_id: str = "x") -> UnwrittenCreator:
    """A creator whose lead names its placed covers. A thumbnail says whose it is, then the lead."""
    fates = [None if cover.startswith("ok") else cover for cover in covers]
    lead = f"{chunk_id}: {','.join(c for c in covers if c.startswith('ok'))}".encode()

    def complete(mark: str, body: bytes) -> Made:
        return made(from_mark(mark), chunk_id, body, b"completed from " + body)

    mark = as_mark([object() if fate is None else fate for fate in fates])
    return UnwrittenCreator(
        PLACES, made(fates, chunk_id, lead, b"made with " + lead), mark, complete
    )


@pytest.fixture
def world() -> World:
    return World()


def test_a_worker_alone_makes_one_request_for_each_object(world: World) -> None:
    requests = 0
    put = MemoryStore.put

    class Counting(MemoryStore):
        def put(self, *args: Any, **options: Any) -> str:
            nonlocal requests
            requests += 1
            assert options["if_absent"]
            return put(self, *args, **options)

    world.store = Counting()
    written = world.write(GOOD)
    assert requests == 4
    assert written.record is None
    world.check(written)
    assert written.result.rows.placed == 3


def test_the_lead_says_what_became_of_the_covers_and_the_others_say_whose_they_are(
    world: World,
) -> None:
    world.write(WORSE)
    lead = world.store.head(BUCKET, PLACES.lead)
    assert lead is not None
    assert lead.metadata == {CHUNK: "x", COVERS: "1,http_404,1"}


ANSWERS = [
    (GOOD, WORSE, False),
    (GOOD, WORSE, True),
    (GOOD, GOOD, False),
    (GOOD, NOTHING, True),
    (NOTHING, GOOD, False),
    (NOTHING, NOTHING, False),
]


@pytest.mark.parametrize(("ours", "theirs", "is_encrypted"), ANSWERS)
def test_two_workers_agree_wherever_one_stops_and_the_other_goes_on(
    ours: Covers, theirs: Covers, *, is_encrypted: bool
) -> None:
    """One makes so many requests, then the other so many, then the first one ends, then the other.

    Nothing is left over even if one places no cover.
    """
    for of_first in range(MOST_STEPS):
        for of_second in range(MOST_STEPS):
            world = World(MemoryStore(is_encrypted=is_encrypted))
            first, second = world.turn(ours), world.turn(theirs)
            first.steps(of_first)
            second.steps(of_second)
            world.check(first.finish(), second.finish())


@settings(max_examples=150, deadline=None)
@given(
    answers=st.lists(st.sampled_from([GOOD, WORSE, NOTHING]), min_size=2, max_size=4),
    schedule=st.lists(st.integers(0, 3), max_size=60),
    killed=st.sets(st.integers(0, 2), max_size=2),
    is_encrypted=st.booleans(),
)
def test_workers_agree_in_any_order_of_their_requests_also_when_some_are_killed(
    answers: list[Covers], schedule: list[int], killed: set[int], *, is_encrypted: bool
) -> None:
    world = World(MemoryStore(is_encrypted=is_encrypted))
    turns = [world.turn(covers) for covers in answers]
    for index in schedule:
        turns[index % len(turns)].step()
    dead = [turns[index] for index in killed if index < len(turns) - 1]
    for turn in dead:
        turn.kill()
    outcomes = [turn.finish() for turn in turns if turn not in dead]
    again = world.write(GOOD)  # the message of a killed one comes back
    outcomes += [turn.outcome for turn in dead if not isinstance(turn.outcome, Killed | None)]
    world.check(again, *outcomes, orphans=bool(dead) and not world.record.result.rows.placed)


@pytest.mark.parametrize("covers", [GOOD, NOTHING])
def test_a_worker_that_died_anywhere_is_completed_by_the_next_one(covers: Covers) -> None:
    for steps in range(MOST_STEPS):
        world = World()
        died = world.turn(covers)
        died.steps(steps)
        died.kill()
        lead = world.bodies.get(PLACES.lead)
        written = world.write(WORSE)
        world.check(written)
        assert lead in {None, world.bodies.get(PLACES.lead)}, "who wrote the lead decides"


@pytest.mark.parametrize(
    ("before", "is_encrypted"), [(None, False), (WORSE, False), (WORSE, True), (NOTHING, True)]
)
def test_a_worker_of_a_replaced_plan_changes_nothing_of_the_new_one(
    before: Covers | None, *, is_encrypted: bool
) -> None:
    """The new plan comes wherever the old worker is, and its worker is interrupted anywhere."""
    for of_old in range(1, MOST_STEPS):
        for of_new in range(MOST_STEPS):
            world = World(MemoryStore(is_encrypted=is_encrypted), chunks={"w"})
            if before is not None:
                world.write(before, "w")
            world.chunks.clear()
            world.chunks.add("x")
            old = world.turn(GOOD, "x")
            old.steps(of_old)
            world.chunks.clear()
            world.chunks.add("y")
            new = world.turn(WORSE, "y")
            new.steps(of_new)
            outcome = old.finish()
            assert isinstance(outcome, WrittenCreator | PlanReplacedError)
            written = new.finish()
            world.check(written)
            assert world.record.chunk_id == "y"
            assert world.bodies[PLACES.lead] == b"y: ok0,ok2"


def test_a_chunk_in_no_plan_overwrites_nothing_that_another_one_left(world: World) -> None:
    world.write(GOOD)
    there = world.bodies
    with pytest.raises(PlanReplacedError):
        world.writer("gone").done_before(PLACES, "ana", 3)  # before any cover is fetched
    with pytest.raises(PlanReplacedError):
        world.write(WORSE, "gone")
    assert world.bodies == there


@pytest.mark.parametrize(
    "record",
    [
        b"no JSON",
        b"[]",
        b'{"schema_version": 2}',
        b'{"creator": "ana", "outcome": "complete", "rows": {"total": 3, "placed": 3}}',
    ],
    ids=["no JSON", "no document", "another schema", "release 0.1"],
)
@pytest.mark.parametrize("also_pictures", [False, True])
def test_a_record_that_says_nothing_of_the_chunk_is_written_again(
    world: World, record: bytes, *, also_pictures: bool
) -> None:
    world.put(PLACES.record, record)
    if also_pictures:
        for key in (PLACES.lead, COPY, THUMBNAIL):
            world.put(key, b"older")
    assert world.writer().done_before(PLACES, "ana", 3) is None
    world.check(world.write(GOOD))


@pytest.mark.parametrize(("creator_name", "rows"), [("bo", 3), ("ana", 4)])
def test_a_record_that_does_not_account_for_the_creators_rows_is_written_again(
    world: World, creator_name: str, rows: int
) -> None:
    """Taken over it would spoil the receipt, and each new try would make the same receipt."""
    world.write(NOTHING)
    wrong = world.record
    counts = RowCounts(total=rows, failed=rows)
    wrong = replace(wrong, result=replace(wrong.result, creator=creator_name, rows=counts))
    world.put(PLACES.record, to_document(wrong))
    assert world.writer().done_before(PLACES, "ana", 3) is None
    written = world.write(GOOD)
    world.check(written)
    assert written.result.rows == RowCounts(total=3, placed=3)


def test_a_creator_whose_record_is_there_is_done_and_asks_for_two_requests(world: World) -> None:
    written = world.write(WORSE)
    done = world.writer().done_before(PLACES, "ana", 3)
    assert done is not None
    assert done.result == written.result
    assert done.record == world.record


def test_a_creator_whose_lead_is_gone_or_another_is_not_done(world: World) -> None:
    world.write(GOOD)
    world.put(PLACES.lead, b"another", chunk="x")
    assert world.writer().done_before(PLACES, "ana", 3) is None
    world.store.delete_keys(BUCKET, [PLACES.lead])
    assert world.writer().done_before(PLACES, "ana", 3) is None
    world.check(world.write(GOOD))


def test_a_creator_of_whom_nothing_is_placed_is_done_without_any_picture(world: World) -> None:
    world.write(NOTHING)
    assert list(world.bodies) == [PLACES.record]
    done = world.writer().done_before(PLACES, "ana", 3)
    assert done is not None
    assert done.result.outcome is Outcome.FAILED


@pytest.mark.parametrize("mark", [None, "", "5,5", "no_such_reason", "z:AAAA"])
def test_a_lead_whose_mark_cannot_be_used_is_written_again(world: World, mark: str | None) -> None:
    def complete(mark: str, lead: bytes) -> Made:
        if len(from_mark(mark)) != 3:
            raise ValueError(mark)
        raise AssertionError(lead)

    world.put(PLACES.lead, b"broken", chunk="x", **({} if mark is None else {"covers": mark}))
    ours = creator(GOOD)
    unwritten = UnwrittenCreator(ours.places, ours.made, ours.mark, complete)
    world.check(world.writer().write(unwritten, InlineExecutor()))
    assert world.bodies[PLACES.lead] == b"x: ok0,ok1,ok2"


def test_a_put_that_s3_did_but_did_not_answer_is_found_to_be_ones_own() -> None:
    """The client tries again, and the second PUT finds the object of the first one."""

    class Stuttering(MemoryStore):
        slow: str = ""

        def put(self, bucket: str, key: str, *args: Any, **options: Any) -> str:
            etag = super().put(bucket, key, *args, **options)
            if key == self.slow:
                self.slow = ""
                raise ConditionFailedError("412: the object of the first try is there")
            return etag

    for key in (PLACES.lead, COPY, THUMBNAIL, PLACES.record):
        store = Stuttering()
        store.slow = key
        world = World(store)
        written = world.write(GOOD)
        world.check(written)
        assert written.result.rows.placed == 3


def test_a_worker_gives_up_when_s3_keeps_refusing(world: World) -> None:
    class Refusing(MemoryStore):
        def put(self, bucket: str, key: str, *args: Any, **options: Any) -> str:
            raise ConditionFailedError(f"409 {bucket} {key} {args} {options}")

    world.store = Refusing()
    with pytest.raises(RaceError, match=r"collages/ana\.jpg and metadata/ana\.json .* try again"):
        world.write(GOOD)


def test_begin_proves_that_objects_may_be_written_and_writes_none(world: World) -> None:
    assert world.writer().begin(PLACES) is False
    assert world.bodies == {}
    world.write(GOOD)
    there = world.bodies
    assert world.writer().begin(PLACES) is True
    assert world.bodies == there


@pytest.mark.parametrize("refused", [PLACES.lead, PLACES.record])
def test_begin_raises_what_s3_says_to_a_worker_that_may_not_write(
    world: World, refused: str
) -> None:
    class Refusing(MemoryStore):
        def put(self, bucket: str, key: str, *args: Any, **options: Any) -> str:
            if key == refused:
                raise PermissionError(key)
            return super().put(bucket, key, *args, **options)

    world.store = Refusing()
    with pytest.raises(PermissionError, match=refused):
        world.writer().begin(PLACES)


def test_orphans_are_left_to_the_new_plan_when_the_chunk_is_in_none(world: World) -> None:
    slow = world.turn(GOOD)
    slow.steps(4)  # the pictures
    world.write(NOTHING)
    world.chunks.clear()
    assert isinstance(slow.finish(), PlanReplacedError)
    assert PLACES.lead in world.bodies
