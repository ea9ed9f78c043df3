"""Months, two months compared, creators over all runs and dropped CSVs, as people read them."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

from collage_airflow.run_page.deployment import Deployment
from collage_airflow.run_page.pages import quoted
from collage_core.layout import keys
from collage_core.run.months import first_second
from tests.support.closed_months import DROPPED, OCTOBER, SEPTEMBER, SETTINGS, books, close
from tests.support.counted_store import CountedStore
from tests.support.recorded_runs import close_recorded_run
from tests.support.runs import summary
from tests.unit.collage_airflow.run_page.conftest import Visitors
from tests.unit.collage_airflow.run_page.statistics_world import World, text_of, world_of

OUTPUT, INPUT = SETTINGS.output_bucket, SETTINGS.input_bucket


@pytest.fixture
def world(app: FastAPI, visitors: Visitors, deployed: Deployment) -> World:
    return world_of(app, visitors("viewer"), deployed)


# --- months


def test_a_year_shows_what_became_of_each_month(world: World) -> None:
    close(world.store, SEPTEMBER, OCTOBER, DROPPED)
    text = world.get("/months")
    assert "Months of 2026" in text
    assert "October 2026 ◐ partial so far 93.6% of the covers placed, 6.4% failed" in text
    assert "September 2026 ◐ partial 80% of the covers placed, 20% failed" in text
    assert "August 2026 no report" in text
    assert "November 2026 not begun" in text
    assert world.store.requests == 10


def test_the_newest_day_and_the_comparison_are_one_click_from_the_year(world: World) -> None:
    close(world.store, SEPTEMBER, OCTOBER, DROPPED)
    html = unescape(world.answer("/months").text)
    assert 'href="/cover-collages/documents?kind=results&day=2026-10-14"' in html
    assert 'href="/cover-collages/statistics?month=2026-10&with=2026-09"' in html
    assert 'href="/cover-collages/months?year=2025"' in html
    assert "year=2027" not in html


def test_a_month_that_is_missing_is_one_click_from_its_backfill(world: World) -> None:
    html = world.answer("/months").text
    (form,) = re.findall(r'href="/cover-collages(/start/quarter\?[^"]*2026-02[^"]*)"', html)
    assert "2026-10-01" not in html  # it is not over: Airflow makes no run of it
    filled = world.answer(unescape(form)).text
    assert 'data-into="from_date" data-kind="date" value="2026-02-01"' in filled
    assert 'data-into="to_date" data-kind="date" value="2026-02-01"' in filled


def test_a_year_without_runs_says_so(world: World) -> None:
    text = world.get("/months?year=2024")
    assert "Newest day" not in text
    assert text.count("no report") == 12


def test_a_month_shows_its_books_days_reasons_hosts_cost_and_runs(world: World) -> None:
    close(world.store, SEPTEMBER, OCTOBER, DROPPED)
    html = unescape(world.answer("/statistics?month=2026-10").text)
    text = world.get("/statistics?month=2026-10")
    assert "October 2026 is not over: it counts the runs that have ended up to now" in text
    assert "What became of 1,104 rows" in text
    assert "timeout 10 raise the timeout, or download fewer at a time" in text
    assert "img.example 60" in text
    assert "counted 0.7600 USD" in text
    assert "best of October.csv: 3 of 3 collages, 10 covers failed" in text
    assert f'href="/cover-collages/runs/20261014_083000/{DROPPED.run_id}"' in html
    assert 'href="/cover-collages/documents?kind=daily_stats&day=2026-10-14"' in html
    assert 'href="/cover-collages/documents?kind=monthly_report&month=2026-10"' in html
    assert world.store.requests == 5


def test_a_month_without_a_report_says_so_and_divides_by_nothing(world: World) -> None:
    text = world.get("/statistics?month=2026-02")
    assert "February 2026 has no report: no run of it has ended." in text
    assert "December 2026 has not begun." in world.get("/statistics?month=2026-12")


def test_the_present_month_is_the_default(world: World) -> None:
    assert "October 2026" in world.get("/statistics")


def test_what_is_gone_or_cannot_be_read_is_said(world: World) -> None:
    close(world.store, OCTOBER, DROPPED)
    world.store.delete_keys(OUTPUT, [keys.processing_log(first_second("20261014"))])
    key = keys.covers_report(first_second("202610"))
    world.store.put(OUTPUT, key, b"{", content_type="application/json")
    text = world.get("/statistics?month=2026-10")
    assert "The log of 2026-10-14 is gone" in text
    assert f"{key} in bucket {OUTPUT} cannot be read" in text
    report = keys.monthly_report(first_second("202610"))
    world.store.put(OUTPUT, report, b"{", content_type="application/json")
    for path in ("/months", "/statistics?month=2026-10", "/statistics?month=2026-10&with=2026-09"):
        assert f"{report} in bucket {OUTPUT} cannot be read" in world.get(path)


# --- compared


def test_two_months_are_compared_in_numbers_and_percent(world: World) -> None:
    close(world.store, SEPTEMBER, OCTOBER, DROPPED)
    text = world.get("/statistics?month=2026-10&with=2026-09")
    assert "October 2026 compared with September 2026" in text
    assert "October 2026 is not over" in text
    assert "covers placed 800 1,030 +230 +28.7%" in text
    assert "covers failed 200 70 \N{MINUS SIGN}130 \N{MINUS SIGN}65%" in text
    assert "share placed of the covers that were asked for 80% 93.6% +13.6 points —" in text
    assert "rows rejected 0 4 +4 from 0" in text
    assert "counted cost 0.5000 USD 0.7600 USD +0.2600 USD +52%" in text
    assert "days with runs 1 2 +1 +100%" in text
    assert "timeout 0 10 +10 from 0" in text
    assert "cdn.example 200 10 \N{MINUS SIGN}190 \N{MINUS SIGN}95%" in text
    assert world.store.requests == 2


def test_a_month_without_a_report_is_compared_with_nothing(world: World) -> None:
    close(world.store, OCTOBER)
    text = world.get("/statistics?month=2026-10&with=2026-08")
    assert "August 2026 has no report" in text
    assert "covers placed — 1,000 — —" in text
    text = world.get("/statistics?month=2026-07&with=2026-08")
    assert "covers placed" not in text


def test_the_same_figures_are_the_same(world: World) -> None:
    close(
        world.store,
        summary("one", "20260901_000000", books(placed=20)),
        summary("two", "20261001_000000", books(placed=20)),
    )
    text = world.get("/statistics?month=2026-10&with=2026-09")
    assert "covers placed 20 20 the same 0%" in text


# --- documents


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("kind=results&day=2026-10-01", keys.batch_results(first_second("20261001"))),
        ("kind=daily_stats&day=2026-10-01", keys.daily_stats(first_second("20261001"))),
        ("kind=monthly_report&month=2026-10", keys.monthly_report(first_second("202610"))),
        ("kind=creators_report&month=2026-10", keys.creators_report(first_second("202610"))),
        ("kind=covers_report&month=2026-10", keys.covers_report(first_second("202610"))),
    ],
)
def test_a_document_is_a_link_to_s3_that_lives_for_a_minute(
    world: World, query: str, key: str
) -> None:
    text = world.get(f"/documents?{query}", 404)
    assert f"{key} is not in bucket {OUTPUT}" in text
    world.store.put(OUTPUT, key, b"x", content_type="text/csv")
    answer = world.answer(f"/documents?{query}", 307)
    url = urlsplit(answer.headers["Location"])
    assert f"{url.netloc}{url.path}".endswith(f"/{key}")
    asked = parse_qs(url.query)
    assert asked["X-Amz-Expires"] == ["60"]
    name = key.rpartition("/")[2]
    assert asked["response-content-disposition"] == [f'attachment; filename="{name}"']
    assert answer.headers["Cache-Control"] == "no-store"


# --- dropped CSVs


def test_the_page_of_dropped_csvs_says_how_to_drop_one(world: World) -> None:
    text = world.get("/uploads")
    assert f"aws s3 cp mine.csv s3://{INPUT}/csv-files/mine.csv" in text
    assert "Waiting or being worked on None." in text
    assert "Runs that no DAG has made None." in text


def test_dropped_csvs_that_wait_and_their_runs_are_shown(world: World) -> None:
    close(world.store, OCTOBER, DROPPED)
    hostile = "manual-uploads/<script>alert(1)</script> & 'best'.csv"
    for key in ("csv-files/mine.csv", hostile):
        world.store.put(INPUT, key, b"csv", content_type="text/csv")
    answer = world.answer("/uploads?month=2026-10")
    text = text_of(answer)
    assert "csv-files/mine.csv 3 B, 2026-10-20 15:00:00 UTC" in text
    assert hostile in text
    assert "<script>alert" not in answer.text
    form = re.search(r'href="/cover-collages(/start/csv\?[^"]+)"', answer.text)
    assert form is not None
    filled = unescape(world.answer(unescape(form[1])).text)
    assert f'data-into="conf.csv_key" data-kind="text" value="{hostile}"' in filled
    assert f'href="/cover-collages/runs/20261014_083000/{DROPPED.run_id}"' in answer.text
    assert OCTOBER.run_id not in answer.text
    assert "Waiting" not in world.get("/uploads?month=2026-09")


# --- creators


def collage(store: CountedStore, creator: str, second: str = "20261001_000000") -> None:
    key = keys.collage_by_creator(creator, first_second(second[:8]))
    store.put(OUTPUT, key, b"jpeg", content_type="image/jpeg")


HOSTILE = [
    "<script>alert(1)</script>",
    '" onload="alert(1)',
    "../../etc/passwd",
    "a&b=c#d?e",
    "\u202eanna\u202c",
    "🦄👩‍👩‍👧",
    "\udc80half",
    "x" * 300,
    "=cmd",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_any_name_is_shown_as_text_and_leads_to_its_own_collages(world: World, name: str) -> None:
    collage(world.store, name)
    collage(world.store, f"{name}2")
    answer = world.answer(f"/creators?name={quoted(name)}")
    assert "<script>alert" not in answer.text
    assert ' onload="' not in answer.text
    text = text_of(answer)
    shown = " ".join(name.encode(errors="replace").decode().split())
    assert f"1 collage of {shown}" in text
    links = re.findall(r'href="/cover-collages(/creators\?name=[^"]+)"', answer.text)
    if len(name) < 200:
        (other,) = links
        assert f"1 collage of {shown}2" in world.get(unescape(other))


def test_a_collage_leads_to_its_run_and_to_the_covers_on_it(world: World) -> None:
    close_recorded_run(world.store, {"<i>ana": 3})
    html = world.answer("/creators?name=%3Ci%3Eana").text
    run = "/cover-collages/runs/20261001_000000/monthly-1"
    assert f'src="{run}/file?kind=thumbnail&amp;creator=%3Ci%3Eana"' in html
    assert f'href="{run}/creator?name=%3Ci%3Eana"' in html
    assert f'href="{run}"' in html
    text = world.get("/creators?name=%3Ci%3Eana")
    assert "2026-10-01 00:00:00 complete : 3 placed, 0 failed" in text


def test_a_long_history_has_pages(world: World) -> None:
    for day in range(1, 32):
        collage(world.store, "ana", f"202608{day:02d}_000000")
    html = world.answer("/creators?name=ana").text
    assert "2026-08-31" in html
    assert "2026-08-01" not in html
    assert 'href="/cover-collages/creators?name=ana&amp;page=2" rel="next"' in html
    assert "2026-08-01" in world.get("/creators?name=ana&page=2")
    assert world.store.requests <= 40


def test_a_beginning_finds_creators(world: World) -> None:
    for name in ("ana", "anabel", "Ana", "bo"):
        collage(world.store, name)
    text = world.get("/creators?name=an")
    assert "Names that begin with an ana anabel" in text
    assert "bo" not in text.split()
    assert "Others whose names begin with ana anabel" in world.get("/creators?name=ana")


def test_a_name_that_nobody_has_is_not_found(world: World) -> None:
    text = world.get("/creators?name=nobody", 404)
    assert "No creator's name begins with nobody" in text


def test_without_a_name_there_is_only_the_search(world: World) -> None:
    assert "Name, or its beginning" in world.get("/creators")
    assert world.store.requests == 0


# --- what cannot be asked


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/months?year=99999", "year is '99999': it must be a year from 2000 to 2100"),
        ("/months?year=1999", "year is '1999'"),
        ("/months?year=%D9%A2%D9%A0%D9%A2%D9%A6", "it must be a year"),
        ("/statistics?month=abc", "month is 'abc': it must be a month from 2000-01 to 2100-12"),
        ("/statistics?month=2026-13", "month is '2026-13'"),
        ("/statistics?month=9999-12", "month is '9999-12'"),
        ("/statistics?month=2026-10%0A", "month is '2026-10\\n'"),
        ("/statistics?month=<script>", "month is '<script>'"),
        ("/statistics?month=2026-10&with=x", "with is 'x': it must be a month"),
        ("/statistics?month=2026-10&with=2026-10", "name two different months"),
        ("/uploads?month=1", "month is '1'"),
        ("/documents", "kind is missing: it must be one of results, daily_stats, monthly_report"),
        ("/documents?kind=../x", "kind is '../x'"),
        ("/documents?kind=results", "day is missing: it must be a day"),
        ("/documents?kind=results&day=2026-02-30", "day is '2026-02-30'"),
        ("/documents?kind=results&day=1000-01-01", "day is '1000-01-01'"),
        ("/documents?kind=monthly_report", "month is missing"),
        ("/creators?name=ana&page=0", "page is '0': it must be a whole number from 1 to 9999"),
        (f"/creators?name={'x' * 2001}", "it must be at most 2,000 characters"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_rule(world: World, path: str, said: str) -> None:
    assert said in world.get(path, 400)
    assert "<script>" not in world.answer(path, 400).text
    assert world.store.requests == 0
