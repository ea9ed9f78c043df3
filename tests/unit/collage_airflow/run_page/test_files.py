"""Links to objects: where they lead, and for how long."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from msgspec.structs import replace

from collage_airflow.run_page.deployment import Deployment
from collage_core.contract.manifest import Manifest
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.storage.documents import JSON, read_document, to_document
from tests.support.recorded_runs import RUN_ID, TIMESTAMP, close_recorded_run
from tests.unit.collage_airflow.run_page.conftest import Visitors

URL = f"/runs/{TIMESTAMP}/{RUN_ID}/file"
HOST = "tiktok-image-output.s3.eu-central-1.amazonaws.com"


@pytest.fixture(autouse=True)
def _closed(deployed: Deployment) -> None:
    close_recorded_run(deployed.store, {"ana": 3}, format="webp")


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("kind=thumbnail&creator=ana", keys.thumbnail("ana", TIMESTAMP)),
        ("kind=metadata&creator=ana", keys.metadata("ana", TIMESTAMP)),
        (
            "kind=collage&creator=ana",
            "collages/2026/10/01/sqs-trigger/ana_collage_20261001_000000.webp",
        ),
        ("kind=summary", keys.processing_summary(TIMESTAMP)),
        ("kind=results", keys.batch_results(TIMESTAMP)),
    ],
)
def test_a_link_lives_for_a_minute_and_leads_to_the_key(
    query: str, key: str, visitors: Visitors
) -> None:
    answer = visitors("viewer").get(f"{URL}?{query}")
    link = urlsplit(answer.headers["Location"])
    assert (answer.status_code, link.hostname, unquote(link.path)) == (307, HOST, f"/{key}")
    signed = parse_qs(link.query)
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert signed["X-Amz-Expires"] == ["60"]
    assert "/eu-central-1/s3/" in signed["X-Amz-Credential"][0]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "a-secret" not in answer.headers["Location"]


def test_a_file_to_save_has_its_own_name(visitors: Visitors) -> None:
    answer = visitors("viewer").get(f"{URL}?kind=results&save=true")
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["response-content-disposition"] == [
        'attachment; filename="batch_results_20261001.csv"'
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("kind=collage&creator=nobody", 404),
        ("kind=refresh_list", 404),
        ("kind=thumbnail", 422),
        ("kind=manifest", 422),
        ("", 422),
    ],
)
def test_what_is_not_there_is_refused(query: str, status: int, visitors: Visitors) -> None:
    assert visitors("viewer").get(f"{URL}?{query}").status_code == status


def test_no_name_of_a_creator_leads_out_of_its_folder(visitors: Visitors) -> None:
    for name in ("..%2F..%2Fmetadata%2Fx", "%2F", "a%00b", "%3Fversions"):
        answer = visitors("viewer").get(f"{URL}?kind=thumbnail&creator={name}")
        path = urlsplit(answer.headers["Location"]).path
        assert path.startswith("/thumbnails/2026/10/01/")
        assert path.count("/") == 5


def test_a_run_that_keeps_covers_has_its_summary_and_no_results(
    deployed: Deployment, visitors: Visitors
) -> None:
    run_id, second = "keep_covers-20261001_070000-00000000", RunTimestamp.parse("20261001_070000")
    store, temp = deployed.store, deployed.settings.temp_bucket
    plan = read_document(store, temp, keys.manifest(RUN_ID), Manifest)
    books = read_document(
        store, deployed.settings.output_bucket, keys.processing_summary(TIMESTAMP), RunSummary
    )
    assert plan is not None
    assert books is not None
    key = keys.summary_of_keeping(run_id)
    for place, document in ((keys.manifest(run_id), plan), (key, books)):
        kept = replace(document, run_id=run_id, run_timestamp=second, keep_only=True)
        store.put(temp, place, to_document(kept), content_type=JSON)
    url = f"/runs/20261001_070000/{run_id}"
    page = visitors("viewer").get(url).text
    assert f"{url}/file?kind=summary" in page
    assert "kind=results" not in page
    link = visitors("viewer").get(f"{url}/file?kind=summary").headers["Location"]
    assert unquote(urlsplit(link).path) == f"/{key}"


@pytest.mark.parametrize("run_id", ["monthly-2", f"cover_collage_manual-{TIMESTAMP}-00000000"])
@pytest.mark.parametrize("kind", ["collage", "thumbnail", "metadata", "summary", "results"])
def test_the_objects_of_a_second_are_those_of_the_run_that_has_it(
    run_id: str, kind: str, visitors: Visitors
) -> None:
    """Whoever may read one DAG could name a run of it with the second of another DAG's run."""
    other = f"/runs/{TIMESTAMP}/{run_id}/file?kind={kind}&creator=ana"
    assert visitors("viewer").get(other).status_code == 404


def test_the_results_of_a_day_are_for_those_who_may_read_all_runs(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "collage_airflow.run_page.files.may_read_all", lambda *_: asked.append("all runs")
    )
    visitor = visitors("viewer")
    assert visitor.get(f"{URL}?kind=thumbnail&creator=ana").status_code == 307
    assert not asked
    assert visitor.get(f"{URL}?kind=results").status_code == 307
    assert asked == ["all runs"]
