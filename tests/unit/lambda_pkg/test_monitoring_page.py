"""The page about monitoring: its searches find what the function logs, and its metrics exist."""

import io
import json
import logging
import re
import shlex
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import boto3
import pytest

from collage_core.aws.s3_store import S3Error, S3Store
from collage_core.contract.chunk_at_work import ChunkAtWork
from collage_core.layout import keys
from collage_core.storage.documents import JSON, to_document
from lambda_pkg.logs import OUR_PACKAGES
from lambda_pkg.metrics import UNITS
from tests.support.aws_commands import follow
from tests.support.emf import broken_rules
from tests.support.filter_patterns import matching
from tests.support.lambda_world import World, chunk_message, sqs_event, sqs_record, with_settings

REPO = Path(__file__).parents[3]
PAGE = (REPO / "docs" / "monitoring.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SEARCHES = [block.strip() for kind, block in BLOCKS if kind == "bash" and " logs " in block]
QUERIES = [block for kind, block in BLOCKS if not kind]
GROUP = "/aws/lambda/collage-worker"

EXPECTED = {
    '"✓ Created collage"': 4,
    '"Failed to download"': 1,
    '"Memory after"': 2,
    '"Message" "failed:"': 3,
    '"A worker died at chunk"': 1,
    '"Quarantined s3://"': 1,
}
"""How many lines each search finds of what happens in `happened`."""


def pattern(search: str) -> str:
    return shlex.split(search)[-1]


def as_text(record: logging.LogRecord) -> str:
    """A line as Lambda writes it in its log format Text."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    plain = logging.Formatter("%(message)s").format(record)
    return f"[{record.levelname}]\t{moment}.000Z\t8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e\t{plain}\n"


def as_json(record: logging.LogRecord) -> str:
    """A line as Lambda's Python writes it in its log format JSON."""
    told = {"level": record.levelname, "message": record.getMessage(), "logger": record.name}
    return json.dumps(told, ensure_ascii=False)


def work(world: World, patch: pytest.MonkeyPatch) -> None:
    """Let the function do what the page has searches for."""
    good = chunk_message(world, world.csv({"ana": 1, "bo": 1}))
    world.invoke(sqs_event(sqs_record(good)))
    text = world.csv({"cy": 1, "dee": 1}) + world.csv({"eve": 1}, path="404").partition("\n")[2]
    world.invoke({"processing_type": "csv_data", "csv_data": text})
    world.invoke(world.upload("csv-files/2026/10/05/no.csv", "nothing,of,use\n"))
    world.invoke(sqs_event(sqs_record("{")))  # no delivery can succeed
    left_by_one_that_died(world)
    bad = chunk_message(world, world.csv({"flo": 1}), chunk_id="00001-b")
    for error in (S3Error("S3 refuses it"), RuntimeError("nobody has thought of it")):
        with patch.context() as broken:
            broken.setattr(S3Store, "put", refusing(error))
            world.invoke(sqs_event(sqs_record(bad)))


def refusing(error: Exception) -> Callable[..., str]:
    put = S3Store.put

    def refused(store: S3Store, bucket: str, key: str, body: Any, **options: Any) -> str:
        if "/flo_" in key:
            raise error
        return put(store, bucket, key, body, **options)

    return refused


def left_by_one_that_died(world: World) -> None:
    # Under the name of this invocation: Lambda repeats one when the one before has ended.
    left = ChunkAtWork(
        run_id="monthly-1",
        chunk_id="00001-b",
        invocation_id="8c5e4a3e-6d0f-4a7e-9f9c-2f1a6b7c8d9e",
        deaths=0,
        under_way=["flo"],
        alone_at=None,
        set_aside=(),
    )
    key = keys.chunk_at_work("monthly-1", "00001-b")
    world.services.store.put(world.settings.temp_bucket, key, to_document(left), content_type=JSON)


@pytest.fixture
def happened(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[logging.LogRecord], list[str]]:
    """All records that the function has logged, and all lines that it has printed."""
    for name in OUR_PACKAGES:
        caplog.set_level(logging.INFO, name)
    printed = io.StringIO()
    with redirect_stdout(printed):
        work(with_settings(world, metrics_namespace="CoverCollage"), monkeypatch)
    return caplog.records, printed.getvalue().splitlines()


def test_the_page_has_the_searches() -> None:
    assert [pattern(search) for search in SEARCHES] == [*EXPECTED]


@pytest.mark.parametrize("written", [as_text, as_json])
def test_a_search_finds_these_lines_of_the_function_and_no_other(
    happened: tuple[list[logging.LogRecord], list[str]],
    written: Callable[[logging.LogRecord], str],
) -> None:
    records, printed = happened
    lines = [*map(written, records), *printed]
    found = {terms: matching(terms, lines) for terms in EXPECTED}
    assert {terms: len(lines) for terms, lines in found.items()} == EXPECTED, found
    assert len(printed) == 2
    assert [broken_rules(line) for line in printed] == [[], []]


def test_the_commands_are_those_of_aws(
    happened: tuple[list[logging.LogRecord], list[str]],
) -> None:
    records, printed = happened
    logs: Any = boto3.client("logs", "us-east-1")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    now = int(time.time() * 1000)
    lines = [*map(as_text, records), *printed]
    logs.put_log_events(
        logGroupName=GROUP,
        logStreamName="s",
        logEvents=[{"timestamp": now, "message": line} for line in lines],
    )
    for search in SEARCHES:
        (answer,) = follow(search, region_name="us-east-1")
        if '" "' not in pattern(search):  # of which moto knows one alone
            found = [event["message"] for event in answer["events"]]
            assert len(found) == EXPECTED[pattern(search)]


def test_the_queries_find_what_the_lines_have(
    happened: tuple[list[logging.LogRecord], list[str]],
) -> None:
    records, printed = happened
    lines = [as_text(record) for record in records]
    found = {}
    for query in QUERIES:
        for expression in re.findall(r"^parse @message /(.*)/$", query, re.MULTILINE):
            matches = (re.search(expression.replace("(?<", "(?P<"), line) for line in lines)
            *_, last = re.findall(r"\(\?<(\w+)>", expression)
            found[last] = [match[last] for match in matches if match]
    assert found == {
        "reason": ["http_404"],
        "error": ["MessageError", "S3Error", "RuntimeError"],
    }
    fields = {*json.loads(printed[0])}
    asked = {name for query in QUERIES for name in re.findall(r"\((\w+)\)", query)} - {"1h", "1d"}
    assert asked - {"error", "reason"} == {*UNITS}
    assert fields >= {*UNITS, "run_id"}


def test_the_line_on_the_page_is_one_that_cloudwatch_accepts() -> None:
    (example,) = (json.loads(block) for kind, block in BLOCKS if kind == "json")
    assert broken_rules(json.dumps(example)) == []
    assert [metric["Name"] for metric in example["_aws"]["CloudWatchMetrics"][0]["Metrics"]] == [
        *UNITS
    ]


def test_the_metric_filter_of_the_page_is_one_of_its_searches() -> None:
    assert '`"Message" "failed:"`' in PAGE
    assert '"Message" "failed:"' in EXPECTED
