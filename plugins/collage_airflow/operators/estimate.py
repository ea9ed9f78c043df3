"""The estimate task: for a dry run, prints what the run would cost, and ends it."""

import time
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any, override

from airflow.sdk.bases.skipmixin import SkipMixin

from collage_airflow.dag_run.intake import take_in
from collage_airflow.dag_run.presets import pieces
from collage_airflow.dag_run.request import RunRequest
from collage_airflow.dag_run.window import LONGEST_WINDOW
from collage_airflow.database.census import creator_counts, sample_of_urls
from collage_airflow.database.connection import covers_connection
from collage_airflow.operators.covers_operator import CoversOperator
from collage_airflow.settings import read_settings
from collage_core.contract.window import Window
from collage_core.covers.cover_csv import HEADER, is_blank, read_chunk
from collage_core.covers.rows import CoverRow
from collage_core.run.fill import choose_fill
from collage_core.run.fill_csv import urls_of_fill
from collage_core.run.fill_sources import sources_of
from collage_core.run.in_words import window_in_words
from collage_core.run.price_table import Price, Workers, price, price_table
from collage_core.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_MOST_URLS = 1000
"""URLs of a fill that are looked at: their share that has expired is known to three percent."""


class EstimateOperator(CoversOperator, SkipMixin):
    """With `dry_run`, logs one table and skips all tasks after it; without, does nothing.

    A window is priced month by month, one of up to 31 days day by day, as a backfill would run it;
    then all of them together, and the whole window as one run, as the form would run it. A CSV or
    a fill is one line. Nothing is written or sent. The XCom `prices` has the lines as objects, and
    `note` the last of them in words.

    `workers` describes the function, as for PlanOperator.
    """

    def __init__(self, *, workers: Workers = Workers(), **kwargs: Any) -> None:  # noqa: B008
        super().__init__(**kwargs)
        self.workers = workers

    @override
    def execute(self, context: "Context") -> None:
        if not context["params"].get("dry_run"):
            self.log.info("dry_run is off: the tasks that follow make the collages")
            return
        settings = read_settings()
        request = RunRequest.from_context(context, settings, self.schedule)
        prices = self._of_fill(request, settings) or self._of_csv(request, settings)
        if request.window is not None:
            prices = self._of_window(request, request.window, settings)
        self.log.info("✓ Dry run: nothing was sent\n%s", price_table(prices))
        # A task that skips others ends with an exception, so what it returns would be lost.
        context["ti"].xcom_push(key="prices", value=[asdict(price) for price in prices])
        context["ti"].xcom_push(key="note", value=_note(request, prices[-1]))
        self.skip(context["ti"], self.get_direct_relatives(upstream=False))

    def _of_window(self, request: RunRequest, window: Window, settings: Settings) -> list[Price]:
        with covers_connection(self.mysql_conn_id) as connection:
            parts = pieces(window)
            prices = [
                self._of_piece(connection, label, part, request, settings) for label, part in parts
            ]
            if len(parts) > 1:
                prices.append(Price.sum("together", prices))
                if window.end - window.start <= LONGEST_WINDOW:
                    prices.append(
                        self._of_piece(connection, "as one run", window, request, settings)
                    )
        return prices

    def _of_piece(
        self,
        connection: "Connection",
        label: str,
        window: Window,
        request: RunRequest,
        settings: Settings,
    ) -> Price:
        rows = creators = 0
        chosen: list[bytes] | None = None if request.choice is None else []
        for name, count in creator_counts(connection, self.sql, window, request.choice):
            rows += count
            creators += not is_blank(name.decode(errors="replace"))
            if chosen is not None:
                chosen.append(name)
        urls = sample_of_urls(connection, self.sql, window, rows=rows, creators=chosen)
        return self._price(label, rows, creators, urls, request, settings)

    def _of_csv(self, request: RunRequest, settings: Settings) -> list[Price]:
        if request.csv is None:
            return []
        intake = take_in(self.store, settings, request.csv, request.choice)
        urls = [
            row.url
            for row in read_chunk(intake.csv.ordered[len(HEADER) :])
            if isinstance(row, CoverRow)
        ]
        creators = sum(span.creators for span in intake.csv.spans) + intake.csv.rejected.creators
        label = request.csv.key or "csv_text"
        return [self._price(label, intake.csv.rows, creators, urls, request, settings)]

    def _of_fill(self, request: RunRequest, settings: Settings) -> list[Price]:
        if request.parent is None:
            return []
        run = request.identity
        fill = choose_fill(
            self.store, settings, request.parent, run_id=run.run_id, timestamp=run.timestamp
        )
        sources = sources_of(self.store, settings, fill)
        # Every row is as likely as any other, and at most so many are in memory.
        nth = -(-fill.rows // _MOST_URLS)
        urls = list(islice(urls_of_fill(self.store, fill, sources), 0, None, nth))
        label = f"fill of {fill.parent.run_id}"
        like = request.like(fill.parent)
        return [self._price(label, fill.rows, len(fill.creators), urls, like, settings)]

    def _price(
        self,
        label: str,
        rows: int,
        creators: int,
        urls: list[str],
        request: RunRequest,
        settings: Settings,
    ) -> Price:
        return price(
            label,
            rows=rows,
            creators=creators,
            urls=urls,
            settings=settings,
            config=request.config,
            workers=self.workers,
            now=time.time(),
        )


def _note(request: RunRequest, price: Price) -> str:
    about = window_in_words(request.window) if request.window else price.label
    return (
        f"Dry run of {about}: {price.rows:,} rows of {price.creators:,} creators, "
        f"{price.dollars:.4f} USD, {price.hours:.2f} hours. The log of estimate has the table"
    )
