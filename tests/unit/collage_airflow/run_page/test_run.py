"""The page of a run and its parts, over real documents."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from airflow.models.dagrun import DagRun
from msgspec.structs import replace
from sqlalchemy.orm import Session

from collage_airflow.run_page.dag_runs import identity_of
from collage_airflow.run_page.deployment import Deployment
from collage_core.contract.books import CreatorCounts
from collage_core.contract.family import Superseded
from collage_core.contract.manifest import Manifest
from collage_core.contract.reasons import DEAD_URL
from collage_core.contract.summary import RunSummary
from collage_core.layout import keys
from collage_core.storage.documents import read_document, to_document
from tests.support.counted_store import CountedStore
from tests.support.dag_runs_stored import add_dag, add_run, add_task
from tests.support.recorded_runs import RUN_ID, TIMESTAMP, close_recorded_run
from tests.unit.collage_airflow.run_page.conftest import Visitors

URL = f"/runs/{TIMESTAMP}/{RUN_ID}"
SCRIPT = "<script>alert(1)</script>"
MANUAL = "cover_collage_manual"
HOSTILE = [SCRIPT, "../../etc", 'a"b', "\u202eevil", "👩‍👩‍👧", "=1+1", "ж" * 150, "a b&c#d?e/f"]


@pytest.fixture
def deployed(deployed: Deployment) -> Deployment:
    return Deployment(deployed.settings, CountedStore(), deployed.links, deployed.log)


def test_the_page_of_a_closed_run_has_its_books_in_five_requests(
    deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(deployed.store, {"ana": 3, "ben": 7}, missing={"ana": 2, "cleo": 1})
    store = deployed.store
    assert isinstance(store, CountedStore)
    store.forget_requests()
    answer = visitors("viewer").get(URL)
    assert store.requests <= 5
    assert answer.status_code == 200
    for said in ("What became of 13 rows", "http_404", "the cover is gone", "Fetch again what"):
        assert said in answer.text
    assert 'hx-trigger="every' not in answer.text  # nothing changes any more
    assert (
        "img-src 'self' data: https://tiktok-image-output.s3."
        in (answer.headers["Content-Security-Policy"])
    )


def test_the_gallery_shows_creators_and_leads_to_each(
    deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(
        deployed.store, dict.fromkeys(HOSTILE, 2), missing={"cleo": 1}, page_creators=20
    )
    viewer = visitors("viewer")
    text = viewer.get(f"{URL}/gallery", headers={"HX-Request": "true"}).text
    assert "<html" not in text
    assert SCRIPT not in text
    links = re.findall(r'<h3><a href="/cover-collages([^"]+)"><bdi>(.*?)</bdi>', text)
    assert len(links) == len(HOSTILE) + 1
    thumbnails = re.findall(r'src="/cover-collages([^"]+kind=thumbnail[^"]+)"', text)
    assert len(thumbnails) == len(HOSTILE)
    for url in thumbnails:
        location = viewer.get(url.replace("&amp;", "&")).headers["Location"]
        key = location.split("?")[0].removeprefix(
            "https://tiktok-image-output.s3.eu-central-1.amazonaws.com/"
        )
        assert ("tiktok-image-output", key.replace("%3D", "=")) in deployed.store.objects  # type: ignore[attr-defined]
    for url, name in links:
        page = viewer.get(url.replace("&amp;", "&"))
        assert page.status_code == 200
        assert f'<h1 class="creator"><bdi>{name}</bdi></h1>' in page.text
        assert SCRIPT not in page.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("text=AN", {"ana", "änne"}),
        ("missing=true", {"ana", "cleo"}),
        ("outcome=failed", {"cleo"}),
        ("outcome=&reason=http_404&text=", {"ana", "cleo"}),
        ("text=nobody", set()),
    ],
)
def test_the_gallery_is_searched(
    query: str, shown: set[str], deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(deployed.store, {"ana": 3, "änne": 2}, missing={"ana": 2, "cleo": 1})
    text = visitors("viewer").get(f"{URL}/gallery?{query}").text
    assert set(re.findall(r"<bdi>(.*?)</bdi>", text)) == shown
    assert ("No creator is like that" in text) == (not shown)


def test_a_creator_has_the_collage_beside_its_covers(
    deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(deployed.store, {"ana": 3}, missing={"ana": 1})
    text = visitors("viewer").get(f"{URL}/creator?name=ana").text
    assert f'src="/cover-collages{URL}/file?kind=collage&amp;creator=ana"' in text
    assert text.count("/ok/") == 3
    assert '<strong class="failed">http_404</strong>: the cover is gone' in text
    assert visitors("viewer").get(f"{URL}/creator?name=nobody").status_code == 404
    assert visitors("viewer").get(f"{URL}/creator").status_code == 404


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-10-01T01:30:00+02:00", "2026-09-30 23:30"),
        ("0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00+02:00"),
    ],
)
def test_the_date_of_a_cover_is_in_utc(
    written: str, shown: str, deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(deployed.store, {"ana": 1})
    place = deployed.settings.output_bucket, keys.metadata("ana", TIMESTAMP)
    body = deployed.store.objects[place]  # type: ignore[attr-defined]
    dated = body.replace(b"2026-10-01T00:00:00+00:00", written.encode())
    assert dated != body
    deployed.store.put(*place, dated, content_type="x/y")
    text = visitors("viewer").get(f"{URL}/creator?name=ana").text
    assert f'<td class="when">{shown}</td>' in text
    assert "All times are in UTC." in text


def test_half_a_surrogate_pair_is_asked_for_as_it_is(
    deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(deployed.store, {"ana": 3})
    name = "half\ud83d"
    link = visitors("viewer").get(
        f"{URL}/file?kind=thumbnail&creator={quote(name, errors='surrogatepass')}"
    )
    key = keys.thumbnail(name, TIMESTAMP)
    assert key.replace("=", "%3D") in link.headers["Location"]
    assert visitors("viewer").get(f"{URL}/creator?name=%ED%A0%BD").status_code == 404


def test_chunks_are_listed_with_what_their_receipts_say(
    deployed: Deployment, visitors: Visitors
) -> None:
    run = close_recorded_run(deployed.store, {"ana": 3, "ben": 2, "cleo": 2})
    text = visitors("viewer").get(f"{URL}/chunks").text
    assert "done 2" in text
    for chunk in run.manifest.chunks:
        assert f"<code>{chunk.chunk_id}</code>" in text
        assert f"$2522{chunk.chunk_id}$2522" in text
    assert "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=" in text
    assert visitors("viewer").get(f"{URL}/chunks?state=waiting").status_code == 200
    assert visitors("viewer").get(f"{URL}/chunks?state=lost").status_code == 422


def unfinished(deployed: Deployment) -> list[str]:
    """A run without a summary, of which the last chunk has no receipt; the ids of its chunks."""
    run = close_recorded_run(deployed.store, {"ana": 3, "ben": 2, "cleo": 2})
    settings, last = deployed.settings, run.manifest.chunks[-1].chunk_id
    deployed.store.delete_keys(settings.output_bucket, [keys.processing_summary(TIMESTAMP)])
    deployed.store.delete_keys(settings.temp_bucket, [keys.receipt(RUN_ID, last)])
    return [chunk.chunk_id for chunk in run.manifest.chunks]


@pytest.mark.parametrize(("chunk", "is_offered"), [(0, False), (-1, True)])
def test_a_redrive_is_offered_while_a_chunk_that_failed_is_not_done(
    chunk: int, is_offered: bool, deployed: Deployment, visitors: Visitors
) -> None:
    ids = unfinished(deployed)
    deployed.store.put(
        deployed.settings.temp_bucket,
        keys.failed_message(RUN_ID, ids[chunk]),
        b"{}",
        content_type="text/plain",
    )
    text = visitors("viewer").get(URL).text
    assert ("Send failed messages again" in text) == is_offered


def test_a_run_that_works_is_polled_until_it_is_another_page(
    deployed: Deployment, visitors: Visitors
) -> None:
    unfinished(deployed)
    viewer = visitors("viewer")
    text = viewer.get(URL).text
    assert "1 of 2 chunks" in text
    assert 'hx-trigger="every 5s"' in text
    part = {"HX-Request": "true"}
    again = viewer.get(f"{URL}/progress?phase=open", headers=part)
    assert "HX-Refresh" not in again.headers
    assert "<html" not in again.text
    another = viewer.get(f"{URL}/progress?phase=none", headers=part)
    assert another.headers["HX-Refresh"] == "true"
    assert "<html" in viewer.get(f"{URL}/progress").text


@pytest.fixture
def manual(airflow_database: Session) -> Session:
    add_dag(airflow_database, MANUAL)
    return airflow_database


def test_a_run_without_a_plan_has_an_honest_page(manual: Session, visitors: Visitors) -> None:
    run = add_run(manual, MANUAL, "manual__a+b:c", state="failed", note="check refused it")
    add_task(manual, run, "check", "failed")
    page = visitors("viewer").get(f"/dags/{MANUAL}/runs/manual__a%2Bb%3Ac")
    assert page.status_code == 200
    for said in (
        "check refused it",
        "There is no plan: none was made, or it has expired",
        "the log of check",
    ):
        assert said in page.text
    assert f'href="/dags/{MANUAL}/runs/manual__a%2Bb%3Ac/tasks/check"' in page.text
    assert "/gallery" not in page.text
    assert visitors("viewer").get(f"/dags/{MANUAL}/runs/none").status_code == 404


def claim_second_of(run: DagRun, deployed: Deployment) -> None:
    """As the first task of a run does it."""
    identity = identity_of(run)
    assert identity is not None
    claim = keys.claim(identity.timestamp)
    deployed.store.put(
        deployed.settings.output_bucket, claim, identity.run_id.encode(), content_type="x/y"
    )


@pytest.mark.parametrize(
    ("state", "is_polled", "said"),
    [
        ("running", True, "Nothing is planned yet."),
        ("failed", False, "There is no plan"),
    ],
)
def test_a_run_that_has_begun_is_polled_while_airflow_is_at_it(
    state: str,
    is_polled: bool,
    said: str,
    manual: Session,
    deployed: Deployment,
    visitors: Visitors,
) -> None:
    """It has claimed its second, and then its extract failed, or its plan expired."""
    run = add_run(manual, MANUAL, "m1", state=state)
    run.end_date = run.start_date if state == "failed" else None
    manual.commit()
    claim_second_of(run, deployed)
    text = visitors("viewer").get(f"/dags/{MANUAL}/runs/m1").text
    assert ('hx-trigger="every 5s"' in text) == is_polled
    assert said in text


@pytest.mark.parametrize(("seconds_ago", "is_polled"), [(5, True), (300, False)])
def test_a_run_that_was_just_ended_is_polled_until_its_stop_is_there(
    seconds_ago: int, is_polled: bool, manual: Session, deployed: Deployment, visitors: Visitors
) -> None:
    run = add_run(manual, MANUAL, "m1", state="failed")
    run.end_date = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    manual.commit()
    claim_second_of(run, deployed)
    text = visitors("viewer").get(f"/dags/{MANUAL}/runs/m1").text
    assert ('hx-trigger="every 5s"' in text) == is_polled


def test_a_run_of_which_newer_ones_made_creators_anew_says_so(
    deployed: Deployment, visitors: Visitors
) -> None:
    run = close_recorded_run(deployed.store, {"ana": 3, "ben": 2})
    key = keys.processing_summary(TIMESTAMP)
    place = deployed.settings.output_bucket
    summary = read_document(deployed.store, place, key, RunSummary)
    assert summary is not None
    one = replace(summary.books, creators=CreatorCounts(total=1, complete=1, partial=0, failed=0))
    again = replace(summary, superseded=Superseded(by=["a-fill"], books=one))
    deployed.store.put(place, key, to_document(again), content_type="x/y")
    text = visitors("viewer").get(f"/runs/{TIMESTAMP}/{run.manifest.run_id}").text
    assert "1 of its creators was made anew by <code>a-fill</code>" in text


def test_a_document_that_cannot_be_read_is_named_on_each_part(
    deployed: Deployment, visitors: Visitors
) -> None:
    run = close_recorded_run(deployed.store, {"ana": 3})
    settings, chunk = deployed.settings, run.manifest.chunks[0].chunk_id
    for bucket, key in (
        (settings.output_bucket, record := keys.recorded_creators(TIMESTAMP, RUN_ID, 1)),
        (settings.output_bucket, summary := keys.processing_summary(TIMESTAMP)),
        (settings.temp_bucket, receipt := keys.receipt(RUN_ID, chunk)),
    ):
        deployed.store.put(bucket, key, b"{", content_type="text/plain")
    for part, key in (
        ("gallery", record),
        ("chunks", receipt),
        ("creator?name=ana", summary),
    ):
        text = visitors("viewer").get(f"{URL}/{part}").text
        assert f"{key}</code>: " in text
    assert "No document about the creators of this run can be read" in (
        visitors("viewer").get(f"{URL}/gallery").text
    )


def test_a_run_that_asks_leads_to_its_question(manual: Session, visitors: Visitors) -> None:
    run = add_run(manual, MANUAL, "m1", state="running")
    add_task(manual, run, "approve", "awaiting_input")
    text = visitors("viewer").get(f"/dags/{MANUAL}/runs/m1").text
    assert f'href="/dags/{MANUAL}/runs/m1/tasks/approve/required_actions"' in text
    assert "Stop this run" in text
    assert 'hx-trigger="every 5s"' in text


def test_a_dag_without_chunks_has_a_page_with_its_logs(
    airflow_database: Session, visitors: Visitors
) -> None:
    add_dag(airflow_database, "cover_collage_statistics")
    run = add_run(airflow_database, "cover_collage_statistics", "s1")
    add_task(airflow_database, run, "rebuild", "success")
    text = visitors("viewer").get("/dags/cover_collage_statistics/runs/s1").text
    assert "This DAG makes no collages" in text
    assert "/runs/s1/tasks/rebuild" in text


def test_a_run_from_outside_is_known_by_its_own_names(
    deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(deployed.store, {"ana": 3})
    text = visitors("viewer").get(URL).text
    assert "Airflow does not have this run" in text


def test_a_run_without_failed_covers_has_no_empty_tables(
    deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(deployed.store, {"ana": 3})
    text = visitors("viewer").get(URL).text
    assert "How fast the chunks were" in text
    assert "Hosts whose covers failed" not in text
    assert "Covers whose URLs are dead" not in text


def test_parts_of_a_run_at_work_say_of_when_they_are(
    deployed: Deployment, visitors: Visitors
) -> None:
    """The state above them is looked at again and again, and they are not."""
    run = close_recorded_run(deployed.store, {"ana": 3})
    viewer = visitors("viewer")
    for part in ("gallery", "chunks"):
        assert "Look again" not in viewer.get(f"{URL}/{part}").text
    deployed.store.delete_keys(
        run.settings.output_bucket,
        [
            keys.processing_summary(TIMESTAMP),
            *deployed.store.list_keys(
                run.settings.output_bucket, keys.run_record(TIMESTAMP, RUN_ID)
            ),
        ],
    )
    for part in ("gallery", "chunks"):
        assert re.search("As of [0-9:]{8} UTC.*Look again", viewer.get(f"{URL}/{part}").text)


@pytest.mark.parametrize("reason", sorted(DEAD_URL))
def test_dead_urls_are_offered_as_a_list(
    reason: str, deployed: Deployment, visitors: Visitors
) -> None:
    close_recorded_run(deployed.store, {"ana": 3}, missing={"ana": 1})
    key = deployed.settings.output_bucket, keys.processing_summary(TIMESTAMP)
    body = deployed.store.objects[key]  # type: ignore[attr-defined]
    deployed.store.put(*key, body.replace(b"http_404", reason.encode()), content_type="x/y")
    text = visitors("viewer").get(URL).text
    assert "Covers whose URLs are dead" in text
    assert "Hosts whose covers failed" in text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"20261001_0000/{RUN_ID}", "run_timestamp is"),
        (f"00010101_000000/{MANUAL}-00010101_000000-12345678", "No run is of 00010101_000000"),
        (f"{TIMESTAMP}/.hidden", "run_id is"),
        (f"{TIMESTAMP}/a%00b", "run_id is"),
        (f"{TIMESTAMP}/%2e%2e/file?kind=summary", "run_id is"),
    ],
)
def test_an_address_that_no_run_can_have_is_none(path: str, said: str, visitors: Visitors) -> None:
    answer = visitors("viewer").get(f"/runs/{path}")
    assert (answer.status_code, said in answer.text) == (404, True)


def test_what_cannot_be_read_is_said(deployed: Deployment, visitors: Visitors) -> None:
    close_recorded_run(deployed.store, {"ana": 3})
    deployed.store.put(
        deployed.settings.temp_bucket, keys.manifest(RUN_ID), b"{", content_type="text/plain"
    )
    deployed.store.put(
        deployed.settings.output_bucket,
        keys.processing_summary(TIMESTAMP),
        b"[]",
        content_type="text/plain",
    )
    text = visitors("viewer").get(URL).text
    assert "This release cannot read all of it" in text


def test_a_plan_is_shown_in_words(deployed: Deployment, visitors: Visitors) -> None:
    run = close_recorded_run(deployed.store, {"ana": 3}, rows=2, cols=3)
    assert isinstance(run.manifest, Manifest)
    text = visitors("viewer").get(URL).text
    assert "2 x 3 cells" in text
    assert "3 rows of 1 creator in 1 chunk" in text
