"""The pages name what is there, and nothing that is not: rooms, links, and the contracts."""

import inspect
import json
import re
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from collage_airflow.assets import run_event
from collage_airflow.dag_run.sources import MANUAL_PARAMS
from collage_core.command import outcome
from collage_core.contract.answers import DroppedMessage
from collage_core.contract.backfill_budget import BackfillBudget
from collage_core.contract.books import Books, DownloadCounts, RowCounts
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE, MAX_CANVAS_PIXELS
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.contract.chunks_again import ChunkAgain, ChunksAgain
from collage_core.contract.creator_changes import CreatorsReport
from collage_core.contract.document import Json, to_json
from collage_core.contract.done_upload import DoneUpload
from collage_core.contract.failed_message import FailedMessage
from collage_core.contract.failed_upload import FailedUpload
from collage_core.contract.family import RunName, Superseded
from collage_core.contract.figures import MOST_HOSTS
from collage_core.contract.forgotten import DeletedCovers, DeletedObjects, Forgotten, NotChanged
from collage_core.contract.message import (
    ChunkMessage,
    InlineCsvMessage,
    WholeCsvMessage,
    parse_message,
)
from collage_core.contract.options import OPTIONS
from collage_core.contract.pack import ChunkPacks, Pack, PackIndex, ReplacedPack
from collage_core.contract.picture_options import PictureOptions
from collage_core.contract.reading import read
from collage_core.contract.reasons import REJECTIONS, Reason
from collage_core.contract.receipt import CreatorResult, DeadCover, Outcome, WrittenObject
from collage_core.contract.rejected import RejectedRow, Rejections
from collage_core.contract.run_estimate import RunEstimate
from collage_core.contract.run_record import RecordedCreators
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.selection import Selection
from collage_core.contract.statistics import RebuiltMonth
from collage_core.contract.stop import Stop
from collage_core.contract.summary import FailedCreator
from collage_core.contract.trigger import Trigger
from collage_core.contract.upload_run import UploadRun
from collage_core.contract.usage import Usage
from collage_core.contract.window import Window
from collage_core.covers.chunking import MOST_CHUNKS
from collage_core.covers.csv_dialect import COLUMNS
from collage_core.covers.csv_records import LONGEST_ROW, MOST_LINES
from collage_core.covers.ingest import MAX_CSV_BYTES, MAX_CSV_LINES
from collage_core.covers.rows import CoverRow
from collage_core.layout import keys
from collage_core.layout.creator_objects import OBJECT_KINDS
from collage_core.recipes.collage.metadata import creator_metadata
from collage_core.run.batch_results import RESULT_COLUMNS
from collage_core.run.covers_report import covers_report
from collage_core.run.creator_changes import MOST_NAMES, compare
from collage_core.run.figures import cost_of_run, figures_of_run
from collage_core.run.reconcile import summarise
from collage_core.run.refresh_list import REFRESH_COLUMNS
from collage_core.run.statistics import daily_stats, monthly_report, processing_log
from collage_core.settings import Settings
from collage_core.sources.http.answers.failed_answers import MOST_ANSWERS
from collage_core.sources.http.answers.recorder import KEPT_BYTES
from collage_core.sources.http.bodies import MAX_BODY_BYTES
from collage_core.sources.http.fetcher import MAX_REDIRECTS
from deploy.settings_file import read_settings_file
from lambda_pkg.error_logs import MOST_BYTES, MOST_LOGS
from lambda_pkg.metrics import DIMENSION, UNITS
from tests.support import contracts_page, runs
from tests.support.chunks import recipe
from tests.support.schedules import DAILY, MONTHLY

REPO = Path(__file__).parents[2]
PAGES = sorted(
    path
    for place in ("*.md", "deploy/*.md", "docs/**/*.md", "examples/*.md")
    for path in REPO.glob(place)
)
README = (REPO / "README.md").read_text()
ARCHITECTURE = (REPO / "docs" / "architecture.md").read_text()
PACKAGES = [
    *["collage_core", "lambda_pkg", "plugins/collage_airflow", "deploy", "local", "benchmarks"],
]
PRODUCT = ["collage_core", "lambda_pkg", "plugins"]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_is_described_on_the_page_or_by_its_folder(package: str) -> None:
    modules = [path for path in REPO.glob(f"{package}/**/*.py") if path.stem != "__init__"]
    assert [path for path in modules if path.stem not in named_for(path.parent)] == []


def named_for(folder: Path) -> set[str]:
    """What the architecture page names, and what the docstring of this folder names."""
    init = folder / "__init__.py"
    return set(re.findall(r"`([a-z0-9_]+)`", ARCHITECTURE + init.read_text()))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_has_its_place_in_the_picture(package: str) -> None:
    folders = {path.parent.name for path in REPO.glob(f"{package}/**/__init__.py")}
    named = set(re.findall(r"`(?:[a-z_]+/)*([a-z_]+)/`", ARCHITECTURE))
    assert folders - named == set()


@each_page
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    targets = [*re.findall(r"\]\(([^)#]+)[^)]*\)", text), *re.findall(r'src="([^"]+)"', text)]
    local = [target for target in targets if not target.startswith(("http:", "https:"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


@each_page
def test_every_link_to_a_heading_finds_it(page: Path) -> None:
    links = re.findall(r"\]\(([^):]*)#([^)]+)\)", page.read_text())
    targets = [(page.parent / file if file else page, anchor) for file, anchor in links]
    assert [target for target, anchor in targets if anchor not in anchors(target)] == []


def anchors(page: Path) -> set[str]:
    """The names by which links find the page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_test_file_that_the_architecture_names_is_there() -> None:
    named = re.findall(r"`(tests/[a-z_/]+(?:\.py)?)`", ARCHITECTURE)
    assert named
    assert [path for path in named if not (REPO / path).exists()] == []


# What docs/contracts.md says.

TS = RunTimestamp.parse("20261001_093000")
CSV_OF_A_DAG = "csv-files/2026/10/01/{name}.csv"
CSV_FROM_OUTSIDE = "{path}/{name}.csv"

PACKS_DAY = date(2026, 10, 1)
PACKS = keys.packs_of_run(PACKS_DAY, "{run_id}")

KEYS_BY_FUNCTION = {
    "scheduled_csv": [
        keys.scheduled_csv(MONTHLY, TS),
        keys.scheduled_csv(DAILY, TS),
    ],
    "cover_urls_csv": [keys.cover_urls_csv(TS)],
    "archived_csv": [keys.archived_csv(CSV_OF_A_DAG, TS)],
    "archived_upload": [keys.archived_upload(CSV_FROM_OUTSIDE, TS)],
    "quarantined_csv": [keys.quarantined_csv(CSV_FROM_OUTSIDE, TS)],
    "quarantine_reason": [keys.quarantine_reason(CSV_FROM_OUTSIDE, TS)],
    "done_upload": [keys.done_upload(CSV_FROM_OUTSIDE, TS)],
    "failed_upload": [keys.failed_upload(CSV_FROM_OUTSIDE)],
    "again": [keys.again("{run_id}")],
    "set_aside": [keys.set_aside("{run_id}", "{chunk_id}", "{etag}")],
    "kept_results": [keys.kept_results(TS, "{digest}")],
    "recorded_manifest": [keys.recorded_manifest(TS, "{run_id}")],
    "recorded_creators": [keys.recorded_creators(TS, "{run_id}", 1)],
    "fill_of": [keys.fill_of(TS, "{run_id}", TS, "{run_id}")],
    "failed_message": [
        keys.failed_message("{run_id}", "{chunk_id}"),
        keys.failed_message("{run_id}", None),
    ],
    "chunk_at_work": [keys.chunk_at_work("{run_id}", "{chunk_id}")],
    "stop": [keys.stop("{run_id}"), keys.stop(None)],
    "lifted_stop": [keys.lifted_stop()],
    "estimate": [keys.estimate("{run_id}")],
    "backfill_budget": [keys.backfill_budget("{run_id}")],
    "collage": [
        keys.collage("somebody", TS, Trigger.S3),
        keys.collage("somebody", TS, Trigger.SQS, "{output_prefix}"),
        keys.collage("somebody", TS, Trigger.MANUAL, "{output_prefix}"),
    ],
    "collage_by_creator": [keys.collage_by_creator("somebody", TS)],
    "thumbnail": [keys.thumbnail("somebody", TS)],
    "metadata": [keys.metadata("somebody", TS)],
    "processing_log": [keys.processing_log(TS)],
    "processing_summary": [
        keys.processing_summary(TS),
        keys.processing_summary(TS, "{run_id}"),
    ],
    "report": [keys.report(TS), keys.report(TS, "{run_id}")],
    "batch_results": [keys.batch_results(TS)],
    "daily_stats": [keys.daily_stats(TS)],
    "monthly_report": [keys.monthly_report(TS)],
    "creators_report": [keys.creators_report(TS)],
    "covers_report": [keys.covers_report(TS)],
    "rebuilt_month": [keys.rebuilt_month(TS)],
    "manifest": [keys.manifest("{run_id}")],
    "planning": [keys.planning("{run_id}")],
    "ordered_csv": [keys.ordered_csv("{run_id}")],
    "covers_to_keep": [keys.covers_to_keep("{run_id}")],
    "summary_of_keeping": [keys.summary_of_keeping("{run_id}")],
    "receipt": [keys.receipt("{run_id}", "{chunk_id}")],
    "dropped_message": [keys.dropped_message("{run_id}", "{chunk_id}")],
    "partial_receipt": [keys.partial_receipt("{run_id}", "{chunk_id}")],
    "upload_run": [keys.upload_run("{digest}")],
    "claim": [keys.claim(TS)],
    "forgotten": [keys.forgotten(TS, "{receipt_id}")],
    "claimed_second": [keys.claimed_second(TS)],
    "packs_of_all_chunks": [keys.packs_of_all_chunks("{run_id}")],
    "packs_of_chunk": [keys.packs_of_chunk("{run_id}", "{chunk_id}")],
    "update_csv": [keys.update_csv(PACKS_DAY, 777).replace("777", "NNN")],
    "pack": [keys.pack(PACKS, "{chunk_id}", 777)],
    "pack_index": [keys.pack_index(PACKS), keys.pack_index(keys.downloads_of_day(PACKS_DAY))],
    "merged_packs": [keys.merged_packs(PACKS_DAY, "{digest}")],
    "refresh_list": [keys.refresh_list(TS), keys.refresh_list(TS, "{run_id}")],
    "error_log": [
        keys.error_log("{run_id}", chunk_id, 77).replace("77", "{attempt}")
        for chunk_id in ("{chunk_id}", None)
    ],
    "failed_download": [keys.failed_download("{run_id}", "{chunk_id}", 777, "{reason}")],
    "failed_download_body": [keys.failed_download_body("{run_id}", "{chunk_id}", 777, "{reason}")],
}
PREFIXES = {
    *{"set_aside_of", "run_records_of_day", "run_record", "records_of_second", "fills_of"},
    *{"run_folder", "runs_beginning_with", "receipts", "failed_downloads", "failed_messages"},
    "error_logs",
    *{"dropped_messages", "refresh_lists_of_month", "reports_of_second"},
    "partial_receipts",
    "chunks_at_work",
    *{"downloads_of_day", "downloads_of_month", "packs_of_run", "packs_of_chunks"},
    *{"day_of_pack", "update_day", "run_of_pack", "is_pack", "is_pack_index"},
    "is_merged",
    *{"summaries_of_month", "daily_stats_of_month", "by_creator", "collages"},
    *{
        "collage_beginning",
        "copy_beginning",
        "metadata_beginning",
        "thumbnail_beginning",
        "thumbnails_of_day",
        "metadata_of_day",
        "records_of_second",
    },
}
"""Functions of `keys` that give only the beginning of a key, or say of which kind one is."""

WHAT_PEOPLE_DROP = {f"{folder}…/*.csv" for folder in (keys.CSV_FILES, keys.MANUAL_UPLOADS)} | {
    f"{keys.CSV_FILES}YYYY/MM/DD/{keys.UPDATES}NNN.csv"
}


def as_on_the_page(key: str) -> str:
    for value, placeholder in (
        (str(TS), "TS"),
        (TS.day_path, "YYYY/MM/DD"),
        (TS.month_path, "YYYY/MM"),
        (TS.day, "YYYYMMDD"),
        (TS.month, "YYYYMM"),
        ("2026/", "YYYY/"),
        ("/10/01/", "/MM/DD/"),
        ("somebody", "{creator}"),
        ("000000000777", "{offset}"),
    ):
        key = key.replace(value, placeholder)
    return key


def test_the_contracts_name_every_key_and_no_other() -> None:
    functions = inspect.getmembers(keys, inspect.isfunction)
    public = {name for name, function in functions if function.__module__ == keys.__name__}
    spelled = {name for name in public if not name.startswith("_")}
    assert KEYS_BY_FUNCTION.keys() == spelled - PREFIXES
    made = {as_on_the_page(key) for made in KEYS_BY_FUNCTION.values() for key in made}
    assert {*contracts_page.names("Keys", column=1)} == made | WHAT_PEOPLE_DROP


def test_the_contracts_name_every_reason_and_no_other() -> None:
    rejected = contracts_page.names("Rejected")
    without_answer = contracts_page.names("Failed without an answer")
    on_the_answer = contracts_page.names("Failed on the answer")
    assert {*rejected} == REJECTIONS
    assert sorted([*rejected, *without_answer, *on_the_answer]) == sorted(
        [*Reason, "http_<status>"]
    )


REJECTED = RejectedRow(line=7, reason=Reason.BAD_ROW)
OCTOBER = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
MANIFEST = replace(
    runs.plan(
        [{"ana": 2}],
        last_creators=True,
        rejected=Rejections({Reason.BAD_ROW: 1}, creators=0, first=[REJECTED]),
    ),
    window=OCTOBER,
    selection=Selection(creators=["ana"], limit=1, rows_left_out=3, forgotten=1),
    parent="parent-1",
    family=RunName("parent-1", TS),
)
KEEPING = replace(MANIFEST, keep_only=True)
LIMITED = replace(KEEPING.message(KEEPING.chunks[0]), host_limits={"cdn.example": 5})
RESULT = CreatorResult(
    "ana",
    Outcome.COMPLETE,
    RowCounts(total=2, placed=2),
    "collages/x",
    {},
    objects={"collage": WrittenObject("e7a9", 1)},
    pictures="0f",
)
PACK = Pack(
    key=keys.pack(PACKS, "c", 0),
    etag="e7a9",
    bytes=300,
    directory_at=200,
    covers=1,
    first_creator="ana",
    last_creator="ana",
)
PACK_INDEX = PackIndex(
    runs=[MANIFEST.run_id], packs=[PACK], replaces=[ReplacedPack(PACK.key, PACK.etag)]
)
CHUNK_PACKS = ChunkPacks(folder=PACKS, packs=[PACK], renew_before="2026-10-01")
DEAD = DeadCover("ana", "0f", "https://cdn.example/1.jpg", Reason.EXPIRED_URL)
A_RECEIPT = runs.receipt(MANIFEST, MANIFEST.chunks[0], {"ana": 2})
RECEIPT = replace(
    A_RECEIPT,
    books=replace(A_RECEIPT.books, downloads=DownloadCounts(kept=1)),
    results=[RESULT],
    failed_hosts={"cdn.example": 1},
    packs=[PACK],
    dead=[DEAD],
    usage=Usage(
        invocations=1,
        milliseconds=2,
        memory_mb=1769,
        architecture="arm64",
        puts=3,
        lists=4,
        gets=5,
        queue_requests=6,
    ),
)
FIGURES = figures_of_run([RECEIPT], cost_of_run(MANIFEST, [RECEIPT], Settings(), memory_mb=1769))
SUMMARY = replace(
    summarise(MANIFEST, [RECEIPT]),
    figures=FIGURES,
    failed_creators=[FailedCreator("bo", {Reason.TIMEOUT: 2})],
    superseded=Superseded(by=["fill-2"], books=Books()),
)
CHANGES = compare("202609", {"ana": 1}, {"ana": 2})
OF_ALL = replace(SUMMARY, selection=None, parent=None, family=None)
AGAIN = replace(OF_ALL, run_timestamp=SUMMARY.run_timestamp.later(60))
COVERS = replace(covers_report("202610", [OF_ALL, AGAIN], CHANGES), gaps=[OCTOBER])
REBUILT = RebuiltMonth(month="202610", inputs="0f", covers_months=["202610"])
EVENT = run_event(SUMMARY, Settings(), summary_key="s", results_key="r", csv_key="c")
DONE = DoneUpload(
    origin=MANIFEST.source,
    moved_to="archived/x.csv",
    run_id=MANIFEST.run_id,
    run_timestamp=TS,
    status="complete",
    output_bucket="output",
    collages="collages/",
    summary_key="results/x.json",
    results_key="results/x.csv",
    books=SUMMARY.books,
)
UPLOAD = UploadRun(origin=MANIFEST.source, run_id=MANIFEST.run_id, submitted=TS)
FAILED_UPLOAD = FailedUpload(
    origin=MANIFEST.source,
    run_id=MANIFEST.run_id,
    run_timestamp=TS,
    status="failed",
    reason="9 of 10 covers failed",
    output_bucket="output",
    collages="collages/",
    summary_key="results/x.json",
    results_key="results/x.csv",
    books=SUMMARY.books,
)
AGAIN_CHUNKS = ChunksAgain(run_id=MANIFEST.run_id, chunks=[ChunkAgain("c", "why")])
RECORD = RecordedCreators(run_id=MANIFEST.run_id, page=1, pages=1, creators=RECEIPT.results)
FAILED = FailedMessage(
    message_id="m",
    sent=TS,
    body_bytes=1,
    body_sha256="0" * 64,
    run_id=MANIFEST.run_id,
    chunk_id=None,
    error="MessageError",
    reason="it is no JSON",
    attempt=2,
    final=False,
    under_way=("ana",),
)
AT_WORK = ChunkAtWork(
    run_id=MANIFEST.run_id,
    chunk_id="c",
    invocation_id="i",
    deaths=2,
    under_way=["ana"],
    alone_at=1,
    set_aside=(0,),
)
STOPPED = Stop(run_id=MANIFEST.run_id, since=TS, reason="ana stopped it")
ESTIMATE = RunEstimate(
    run_id=MANIFEST.run_id,
    usd=1.9,
    keeping_usd=7.6,
    function_seconds=31000,
    seconds=3122,
    covers=2_000_000,
    seconds_per_cover=0.015,
    failed_share=0.01,
    rates="built in",
)
BUDGET = BackfillBudget(run_id="dry-run", taken_usd={MANIFEST.run_id: 1.9})
FORGOTTEN = Forgotten(
    receipt_id="0f",
    began=TS,
    ended=None,
    objects=dict.fromkeys(OBJECT_KINDS, DeletedObjects(objects=1, bytes=1)),
    kept_covers=DeletedCovers(covers=1, bytes=1, rewritten=1, deleted=0),
    not_changed=[NotChanged(where="a", why="b", what_to_do="c")],
)
A_COVER = CoverRow("ana", "https://cdn.example/1.jpg", None, line=1, offset=0)
DROPPED = DroppedMessage(run_id=MANIFEST.run_id, chunk_id="c", detail="it was planned again")
METADATA = creator_metadata(
    replace(recipe(b"x").message, window=OCTOBER),
    RESULT,
    cell_size=DEFAULT_CELL_SIZE,
    placed=[A_COVER],
    others=[(A_COVER, "duplicate")],
)


@pytest.mark.parametrize(
    ("heading", "document"),
    [
        ("A chunk", to_json(LIMITED)),
        ("The processing configuration", dict.fromkeys(OPTIONS)),
        ("The books", to_json(RECEIPT.books)),
        ("The manifest", to_json(KEEPING)),
        ("The receipt", to_json(replace(RECEIPT, rejected=[REJECTED]))),
        ("The summary", to_json(replace(SUMMARY, keep_only=True))),
        ("Batch results", dict.fromkeys(RESULT_COLUMNS)),
        ("The refresh list", dict.fromkeys(REFRESH_COLUMNS)),
        ("The figures of a run", to_json(FIGURES)),
        ("When they are written", to_json(REBUILT)),
        (
            "The figures of a day or a month",
            to_json(monthly_report("202610", [SUMMARY]))["figures"],
        ),
        ("The creators' report", to_json(CreatorsReport(month="202610", changes=CHANGES))),
        ("The covers' report", to_json(COVERS)),
        ("The asset event", EVENT),
        ("A CSV that is done", to_json(DONE)),
        ("Too many covers failed", to_json(FAILED_UPLOAD)),
        ("Chunks that are done again", to_json(AGAIN_CHUNKS)),
        ("The index of packs", to_json(PACK_INDEX)),
        ("Where a chunk looks for covers", {**to_json(CHUNK_PACKS), "packs": []}),
        ("A creator that is forgotten", to_json(FORGOTTEN)),
        ("The record of a run", {**to_json(RECORD), "creators": []}),
        ("A message that failed", to_json(FAILED)),
        ("A chunk that is worked on", to_json(AT_WORK)),
        ("A run that is stopped", to_json(STOPPED)),
        ("The estimate", to_json(ESTIMATE)),
        ("A backfill that was approved", to_json(BUDGET)),
        ("A message that is dropped", to_json(DROPPED)),
        ("When a CSV is dropped again", to_json(UPLOAD)),
        ("The day's log", to_json(processing_log("20261001", [SUMMARY]))),
        ("The day's statistics", to_json(daily_stats("20261001", [SUMMARY]))),
        ("The month's report", to_json(monthly_report("202610", [SUMMARY]))),
        ("A collage's metadata", to_json(METADATA)),
        ("The cover CSV", dict.fromkeys(COLUMNS)),
    ],
)
def test_the_contracts_name_every_field_and_no_other(heading: str, document: Json) -> None:
    named = contracts_page.names(heading)
    assert sorted(named) == sorted(contracts_page.fields(document, named))


def test_the_messages_in_the_contracts_are_understood() -> None:
    (chunk,) = contracts_page.examples("A chunk")
    message = parse_message(chunk)
    assert isinstance(message, ChunkMessage)
    assert to_json(message) == chunk
    (inline,) = contracts_page.examples("A CSV in the message")
    assert isinstance(parse_message(inline), InlineCsvMessage)
    (whole,) = contracts_page.examples("A whole CSV")
    assert isinstance(parse_message(whole), WholeCsvMessage)


def test_the_books_in_the_contracts_balance() -> None:
    (example,) = contracts_page.examples("The books")
    books = read(example, Books)
    books.check_balance("the example")
    assert to_json(books) == example


def test_the_contracts_name_every_param_of_the_manual_dag() -> None:
    assert {*contracts_page.names("The conf of a manual run")} == MANUAL_PARAMS


def test_the_contracts_give_the_defaults_and_the_rule_of_each_option() -> None:
    told = {
        name: (left_out.strip("`"), rule.removesuffix(", or null for no limit"))
        for names, left_out, rule in contracts_page.rows("The processing configuration")
        for name in re.findall(r"`(\w+)`", names)
    }
    of_0_1 = PictureOptions()
    assert told == {
        name: (
            json.dumps(getattr(of_0_1, name)) if option.of_picture else "the setting",
            option.rule.removeprefix("it must be "),
        )
        for name, option in OPTIONS.items()
    }
    assert f"{MAX_CANVAS_PIXELS:,} pixels" in contracts_page.section("The processing configuration")


def test_the_readme_gives_the_default_of_each_option() -> None:
    table = dict(re.findall(r"^\| `DEFAULT_(\w+)` \|\s*`?([^|`]*?)`?\s*\|", README, re.MULTILINE))
    defaults = Settings().processing_config
    for name in OPTIONS:
        default = getattr(defaults, name)
        shown = json.dumps(default).strip('"').replace("null", "")
        assert table[name.upper()] == shown


def test_the_settings_file_of_a_deployment_gives_the_default_of_each_option() -> None:
    assert Settings.from_env(read_settings_file()) == Settings()


@pytest.mark.parametrize(
    ("heading", "limit"),
    [
        ("The cover CSV", f"{LONGEST_ROW // 1024} KiB or {MOST_LINES} lines"),
        ("From outside", f"{MAX_CSV_BYTES // 1024**2} MiB, or more than {MAX_CSV_LINES:,} lines"),
        ("The manifest", f"at most {MOST_CHUNKS:,}"),
        ("Failed without an answer", f"more than {MAX_REDIRECTS} in a row"),
        ("Failed on the answer", f"more than {MAX_BODY_BYTES // 1024**2} MiB"),
        ("The figures of a run", f"the {MOST_HOSTS} hosts"),
        ("The creators' report", f"the first {MOST_NAMES}"),
        ("A failed answer", f"first {KEPT_BYTES // 1024} KiB of the body"),
        ("A failed answer", f"At most {MOST_ANSWERS} covers of a chunk"),
        ("An error log", f"there are {MOST_BYTES // 1024} KiB at most"),
        ("An error log", f"a chunk has at most {MOST_LOGS}"),
    ],
)
def test_the_contracts_give_the_limits_of_the_code(heading: str, limit: str) -> None:
    assert limit in contracts_page.section(heading)


def test_the_contracts_name_every_metric_with_its_unit() -> None:
    told = {name.strip("`"): unit for name, unit, _ in contracts_page.rows("Metrics")}
    assert told == UNITS
    assert f"the one dimension `{DIMENSION}`" in contracts_page.section("Metrics")


def test_the_contracts_name_every_exit_code() -> None:
    codes = {value for name, value in vars(outcome).items() if name.startswith("EXIT_")}
    assert [int(code) for code, _ in contracts_page.rows("The command line")] == [0, *sorted(codes)]


@pytest.mark.parametrize("heading", ["The function's", "The tasks'"])
def test_the_log_lines_in_the_contracts_are_those_of_the_code(heading: str) -> None:
    sources = (path for folder in PRODUCT for path in (REPO / folder).rglob("*.py"))
    placeholder = partial(re.sub, r"%[-.0-9]*[a-z]", "…")
    logged = "".join(placeholder(path.read_text()) for path in sources)
    lines = contracts_page.names(heading)
    assert lines
    assert [line for line in lines if line not in logged] == []
