"""A fill: whose rows it takes, and that it replaces what it makes anew, and nothing else."""

from dataclasses import replace as of_span
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collage_core.contract.config import ProcessingConfig
from collage_core.contract.csv_source import CsvSource
from collage_core.contract.manifest import Manifest
from collage_core.contract.receipt import Outcome
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.contract.trigger import Trigger
from collage_core.covers.cover_csv import HEADER, write_row
from collage_core.covers.creator_choice import CreatorChoice
from collage_core.covers.ingest import ingest_csv
from collage_core.errors import BooksError, MessageError, SourceChangedError
from collage_core.layout import keys
from collage_core.layout.creator_names import name_bytes
from collage_core.run.family import closed_members, first_of_family
from collage_core.run.fill import Fill, choose_fill, chunks_with
from collage_core.run.fill_csv import urls_of_fill, write_fill
from collage_core.run.fill_sources import FillSources
from collage_core.run.plan import RunCsv, RunSpec
from collage_core.run.recorded_run import RecordedRun
from collage_core.run.run import Run
from collage_core.run.statistics import monthly_report
from collage_core.run.verify import verify
from collage_core.storage.documents import to_document
from tests.support.families import (
    SETTINGS,
    Moody,
    close_member,
    family_plan,
    planned,
    result,
    work_on,
)
from tests.support.memory_store import MemoryStore
from tests.support.strategies import names

PARENT, FILL, AGAIN = "20261001_000000", "20261002_081500", "20261003_081500"
BUCKET = SETTINGS.input_bucket


def second(text: str) -> RunTimestamp:
    return RunTimestamp.parse(text)


def choose(store: MemoryStore, parent: str = "first", run_id: str = "fill", at: str = FILL) -> Fill:
    return choose_fill(store, SETTINGS, parent, run_id=run_id, timestamp=second(at))


def closed(store: MemoryStore, reasons: dict[str, str]) -> Manifest:
    """A run in which each creator has a cover that was placed and one that failed for a reason."""
    results = {name: result(name, 1, 1, reason) for name, reason in reasons.items()}
    manifest = family_plan("first", PARENT, results)
    close_member(store, manifest, results)
    return manifest


def test_a_fill_takes_the_creators_whose_covers_failed_for_a_reason_that_may_pass() -> None:
    store = MemoryStore()
    closed(store, {"ana": "timeout", "bo": "http_404", "cy": "http_503", "dee": "expired_url"})
    fill = choose(store)
    assert (dict(fill.creators), fill.covers, fill.rows) == ({"ana": 2, "cy": 2}, 2, 4)
    assert choose(store, parent=PARENT) == fill


def test_a_creator_that_a_fill_has_made_is_not_made_again() -> None:
    store = MemoryStore()
    plan = closed(store, {"ana": "timeout", "bo": "timeout"})
    own = {"ana": result("ana", 2), "bo": result("bo", 1, 1)}
    close_member(store, family_plan("fill", FILL, own, parent=plan), own)
    assert choose(store, run_id="again", at=AGAIN).creators == {"bo": 2}
    # The fill itself is planned as before when its extract is cleared after it was closed.
    assert choose(store).creators == {"ana": 2, "bo": 2}
    # A fill of the fill is about its creators alone.
    assert choose(store, parent="fill", run_id="again", at=AGAIN).creators == {"bo": 2}


def test_a_run_without_anything_to_fill_is_refused_in_one_line() -> None:
    store = MemoryStore()
    closed(store, {"ana": "http_404"})
    with pytest.raises(MessageError, match="run first has no cover left that failed for a reason"):
        choose(store)


def test_a_run_without_a_record_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(MessageError, match=r"no run first has a record.*trigger a run over"):
        choose(MemoryStore())


def test_a_run_that_only_keeps_covers_is_refused_as_one() -> None:
    store = MemoryStore()
    plan = replace(closed(store, {"ana": "timeout"}), run_id="keeps", keep_only=True)
    body = to_document(plan)
    key = keys.manifest("keeps")
    store.put(SETTINGS.temp_bucket, key, body, content_type="application/json")
    with pytest.raises(MessageError, match=r"run keeps only keeps covers: .*name a run that makes"):
        choose(store, parent="keeps")


def test_a_run_whose_summary_is_missing_is_refused_with_the_fix_and_then_taken() -> None:
    store = MemoryStore()
    plan = closed(store, {"ana": "timeout"})
    store.delete_keys(SETTINGS.output_bucket, [keys.processing_summary(second(PARENT))])
    with pytest.raises(MessageError, match="clear `reconcile` of that run"):
        choose(store)
    close_member(store, plan, {"ana": result("ana", 1, 1)})
    assert choose(store).creators == {"ana": 2}


def test_a_fill_that_is_older_than_its_family_is_refused_and_a_new_one_taken() -> None:
    store = MemoryStore()
    closed(store, {"ana": "timeout"})
    with pytest.raises(MessageError, match=r"is newer than this fill of .*: trigger a new fill"):
        choose(store, at=PARENT)
    assert choose(store, at=FILL).creators == {"ana": 2}


# Its rows.


def parent_of(data: bytes, *, chunk_rows: int) -> tuple[MemoryStore, Manifest, bytes]:
    """A run that is planned over a CSV: where it is stored, and its bytes in order."""
    store = MemoryStore()
    csv = ingest_csv(data, chunk_rows=chunk_rows)
    spec = RunSpec("first", second(PARENT), Trigger.SQS, ProcessingConfig())
    source = CsvSource(BUCKET, "csv-files/x.csv", "")
    run = planned(store, spec, RunCsv(source, csv.spans), csv.ordered)
    return store, run.manifest, csv.ordered


@pytest.mark.thorough
@given(
    st.dictionaries(names, st.integers(1, 4), min_size=1, max_size=8),
    st.integers(1, 6),
    st.integers(1, 6),
    st.data(),
)
def test_the_rows_of_a_fill_are_those_of_its_creators_byte_for_byte(
    rows: dict[str, int], chunk_rows: int, fill_rows: int, data: st.DataObject
) -> None:
    csv = HEADER + b"".join(
        write_row(name, f"https://cdn.example/{number}.jpg", f"2026-10-01T00:00:0{number}")
        for name, count in rows.items()
        for number in range(count)
    )
    store, manifest, ordered = parent_of(csv, chunk_rows=chunk_rows)
    chosen = data.draw(st.sets(st.sampled_from(sorted(rows)), min_size=1))
    if data.draw(st.booleans()):  # an older release did not say where chunks begin
        chunks = [replace(chunk, first_creator=None) for chunk in manifest.chunks]
        manifest = replace(manifest, chunks=chunks)
    fill = Fill(manifest, {name: rows[name] for name in chosen}, 1)
    written: list[bytes] = []
    spans = write_fill(
        store, fill, FillSources(manifest.source), write=written.append, chunk_rows=fill_rows
    )
    wanted = ingest_csv(ordered, chunk_rows=fill_rows, choice=CreatorChoice(sorted(chosen)))
    assert b"".join(written) == wanted.ordered
    assert spans == wanted.spans
    assert len(list(urls_of_fill(store, fill, FillSources(manifest.source)))) == fill.rows


def test_only_chunks_that_may_have_a_creator_are_read() -> None:
    csv = HEADER + b"".join(write_row(f"c{n}", "https://cdn.example/1.jpg", "") for n in range(9))
    _, manifest, _ = parent_of(csv, chunk_rows=1)
    assert len(manifest.chunks) == 9
    assert set(chunks_with(manifest, {b"c4"})) <= {3, 4}
    assert chunks_with(manifest, {b"zz"}) == [8]
    assert chunks_with(manifest, set()) == []


def test_rows_that_the_worker_rejects_stay_with_their_creator() -> None:
    bad = b"this row was not UTF-8\n"
    first, last = (write_row("ana", f"https://cdn.example/{n}.jpg", "") for n in (1, 2))
    other = write_row("bo", "ftp://cdn.example/3.jpg", "")
    ordered = HEADER + first + bad + last + other
    csv = ingest_csv(HEADER + first + last + other, chunk_rows=10)
    store = MemoryStore()
    spec = RunSpec("first", second(PARENT), Trigger.SQS, ProcessingConfig())
    end = len(ordered) - 1
    (span,) = csv.spans
    spans = [of_span(span, byte_range=(len(HEADER), end), rows=4, creators=2, sha256="")]
    source = CsvSource(BUCKET, "csv-files/x.csv", "")
    run = planned(store, spec, RunCsv(source, spans), ordered)
    written: list[bytes] = []
    write_fill(
        store,
        Fill(run.manifest, {"ana": 3}, 1),
        FillSources(run.manifest.source),
        write=written.append,
        chunk_rows=5,
    )
    assert b"".join(written) == HEADER + first + bad + last


def test_a_csv_that_is_another_one_by_now_is_refused() -> None:
    csv = HEADER + write_row("ana", "https://cdn.example/1.jpg", "")
    store, manifest, ordered = parent_of(csv, chunk_rows=1)
    fill = Fill(manifest, {"ana": 1}, 1)
    key = manifest.source.key
    for body in (ordered + b" ", ordered.replace(b"1.jpg", b"2.jpg")):
        etag = store.put(BUCKET, key, body, content_type="text/csv")
        sources = [manifest.source]
        if len(body) == len(ordered):  # its ETag is known, and its bytes are not
            sources.append(CsvSource(BUCKET, key, etag))
        for source in sources:
            with pytest.raises(SourceChangedError, match="not the CSV of which the run was made"):
                write_fill(store, fill, FillSources(source), write=lambda _: None, chunk_rows=1)


def test_a_csv_with_other_rows_than_the_record_says_is_refused() -> None:
    csv = HEADER + write_row("ana", "https://cdn.example/1.jpg", "")
    store, manifest, _ = parent_of(csv, chunk_rows=1)
    with pytest.raises(BooksError, match=r"has 1 rows of the creators to fill, and the record.* 2"):
        write_fill(
            store,
            Fill(manifest, {"ana": 2}, 1),
            FillSources(manifest.source),
            write=lambda _: None,
            chunk_rows=1,
        )


# A whole family, made by the real worker.

COVERS = {"ana": 3, "bo": 2, "cy": 2}


def url(creator: str, number: int) -> str:
    return f"https://cdn.example/{creator}/{number}.jpg"


def filled(store: MemoryStore) -> tuple[Run[Any], Moody, Run[Any], Moody]:
    """A run of which covers of two creators failed for now, and its fill, in which one does."""
    csv = HEADER + b"".join(
        write_row(name, url(name, number), f"2026-10-01T00:00:0{number}")
        for name, count in COVERS.items()
        for number in range(count)
    )
    ingested = ingest_csv(csv, chunk_rows=2)
    config = ProcessingConfig(rows=2, cols=2)
    spec = RunSpec("first", second(PARENT), Trigger.SQS, config, "october")
    source = CsvSource(BUCKET, "csv-files/2026/10/01/x.csv", "")
    parent = planned(store, spec, RunCsv(source, ingested.spans), ingested.ordered)
    first = Moody(
        {url("ana", 0): "timeout", url("bo", 0): "timeout", url("bo", 1): "timeout"}
        | {url("cy", 0): "http_404", url("ana", 1): "http_404"}
    )
    work_on(parent, first)

    fill = choose(store)
    written: list[bytes] = []
    spans = write_fill(
        store,
        fill,
        FillSources(parent.manifest.source),
        write=written.append,
        chunk_rows=SETTINGS.planned_chunk_rows,
    )
    spec = RunSpec(
        "fill",
        second(FILL),
        Trigger.MANUAL,
        fill.parent.config,
        fill.parent.output_prefix,
        parent=fill.parent,
    )
    source = CsvSource(BUCKET, keys.cover_urls_csv(second(FILL)), "")
    own = RunCsv(source, spans, selection=Selection(rows_left_out=2))
    run = planned(store, spec, own, b"".join(written))
    again = Moody({url("bo", 1): "timeout", url("ana", 1): "http_404"})
    work_on(run, again)
    return parent, first, run, again


def test_a_fill_makes_its_creators_anew_and_only_those() -> None:
    store = MemoryStore()
    parent, _, fill, source = filled(store)
    assert (fill.manifest.parent, fill.manifest.family) == (
        "first",
        first_of_family(parent.manifest),
    )
    assert {asked.split("/")[3] for asked in source.asked} == {"ana", "bo"}
    record = RecordedRun.open(store, SETTINGS, second(FILL), "fill")
    outcomes = {one.creator: (one.outcome, one.rows.placed) for one in record.creators()}
    assert outcomes == {"ana": (Outcome.PARTIAL, 2), "bo": (Outcome.PARTIAL, 1)}
    copies = list(store.list_keys(SETTINGS.output_bucket, keys.by_creator("ana")))
    assert [FILL in key for key in copies] == [False, True]


def test_the_month_has_each_creator_once_and_the_work_of_both_runs() -> None:
    store = MemoryStore()
    filled(store)
    summaries = [one for one, _ in closed_members(store, SETTINGS, first_of_family(_first(store)))]
    report = monthly_report("202610", summaries)
    rows, creators, objects = report.books.rows, report.books.creators, report.books.objects
    assert (rows.total, rows.placed, rows.failed) == (7, 2 + 1 + 1, 1 + 1 + 1)
    assert report.books.reasons == {"http_404": 2, "timeout": 1}
    assert (creators.total, creators.failed, objects.collages) == (3, 0, 3)
    report.books.check_balance("October")
    totals = [one.books.seconds["total"] for one in summaries]
    assert report.books.seconds["total"] == pytest.approx(sum(totals))


def test_the_books_of_a_parent_and_of_its_fill_equal_the_bucket() -> None:
    store = MemoryStore()
    for run in filled(store)[::2]:
        assert isinstance(run, Run)
        name = run.manifest.run_id
        report = verify(RecordedRun.find(store, SETTINGS, name), look=None, sample=None)
        assert report.problems == []
        assert list(report.extras) == []


def test_the_grid_of_a_fill_is_that_of_its_parent_whatever_the_settings_are_by_now() -> None:
    store = MemoryStore()
    parent, _, _, _ = filled(store)
    like = replace(
        parent.manifest, cell_size="150x200", covers_per_creator=3, by_creator_copies=False
    )
    spec = RunSpec("x", second(AGAIN), Trigger.MANUAL, like.config, parent=like)
    source = CsvSource(BUCKET, "csv-files/y.csv", "")
    plan = planned(store, spec, RunCsv(source, []), HEADER).manifest
    assert (plan.cell_size, plan.covers_per_creator, plan.by_creator_copies) == (
        "150x200",
        3,
        False,
    )
    older = replace(like, cell_size=None, covers_per_creator=None, by_creator_copies=None)
    spec = RunSpec("y", second(AGAIN).later(1), Trigger.MANUAL, like.config, parent=older)
    plan = planned(store, spec, RunCsv(source, []), HEADER).manifest
    assert (plan.cell_size, plan.covers_per_creator) == (str(SETTINGS.cell_size), 4)


def _first(store: MemoryStore) -> Manifest:
    return RecordedRun.find(store, SETTINGS, "first").manifest


def test_names_of_creators_are_compared_by_their_bytes() -> None:
    assert name_bytes("aná") != name_bytes("ana\u0301")
    csv = HEADER + b"".join(
        write_row(n, "https://cdn.example/1.jpg", "") for n in ("aná", "ana\u0301")
    )
    store, manifest, _ = parent_of(csv, chunk_rows=10)
    written: list[bytes] = []
    fill = Fill(manifest, {"ana\u0301": 1}, 1)
    write_fill(store, fill, FillSources(manifest.source), write=written.append, chunk_rows=10)
    assert b"".join(written).decode().count("ana\u0301") == 1
    assert "aná" not in b"".join(written).decode()
