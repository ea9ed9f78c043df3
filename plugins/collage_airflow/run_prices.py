"""The prices of what a DAG run asks for, before anything is read in full, sent or paid."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from collage_airflow.dag_run.intake import take_in
from collage_airflow.dag_run.presets import is_by_month, pieces
from collage_airflow.dag_run.request import RunRequest
from collage_airflow.dag_run.schedules import BACKFILLS, DAILY, MONTHLY
from collage_airflow.dag_run.sources import AskedCsv
from collage_airflow.dag_run.window import LONGEST_WINDOW, intervals_of
from collage_airflow.database.census import creator_counts, sample_of_urls
from collage_airflow.database.connection import covers_connection
from collage_core.aws.s3_store import S3Store
from collage_core.contract.window import Window
from collage_core.covers.cover_csv import HEADER, is_blank, read_chunk
from collage_core.covers.rows import CoverRow
from collage_core.run.estimate import Rates
from collage_core.run.fill import choose_fill
from collage_core.run.fill_csv import urls_of_fill
from collage_core.run.fill_sources import sources_of
from collage_core.run.measured_rates import rates_of
from collage_core.run.price_table import Price, Workers, price
from collage_core.settings import Settings

if TYPE_CHECKING:
    from MySQLdb.connections import Connection  # type: ignore[import-untyped]

_MOST_URLS = 1000
"""URLs of a fill that are looked at: their share that has expired is known to three percent."""


@dataclass(frozen=True)
class RunPrices:
    """The prices of one request."""

    store: S3Store
    settings: Settings
    request: RunRequest
    dag_id: str
    """The DAG of the dry run: a CSV, a fill and a whole window are priced like its runs."""
    sql: str
    mysql_conn_id: str
    workers: Workers

    def all(self) -> list[Price]:
        """A line for each run that the request may mean.

        Those of a window are its months or days as runs of their DAG, all of them together, and the
        window as one run, unless it is the window of a backfill.
        """
        request = self.request
        if request.parent is not None:
            return [self._of_fill(request.parent)]
        if request.csv is not None:
            return [self._of_csv(request.csv)]
        return [] if request.window is None else self._of_window(request.window)

    def _of_window(self, window: Window) -> list[Price]:
        backfill = self.request.backfill
        if backfill is not None:
            parts = intervals_of(BACKFILLS[backfill], window)
        else:
            parts = pieces(window)
        with covers_connection(self.mysql_conn_id) as connection:
            prices = [
                self._of_piece(connection, label, part, self._rates_of_parts)
                for label, part in parts
            ]
            together = Price.sum("together", prices)
            if backfill is not None:
                return [*prices, together]
            if len(parts) > 1:
                prices.append(together)
                if window.end - window.start <= LONGEST_WINDOW:
                    one = self._of_piece(connection, "as one run", window, self._own_rates)
                    prices.append(one)
        return prices

    def _of_piece(
        self, connection: "Connection", label: str, window: Window, rates: Rates
    ) -> Price:
        choice = self.request.choice
        rows = creators = 0
        chosen: list[bytes] | None = None if choice is None else []
        for name, count in creator_counts(connection, self.sql, window, choice):
            rows += count
            creators += not is_blank(name.decode(errors="replace"))
            if chosen is not None:
                chosen.append(name)
        urls = sample_of_urls(connection, self.sql, window, rows=rows, creators=chosen)
        return self._price(label, rows, creators, urls, self.request, rates)

    def _of_csv(self, csv: AskedCsv) -> Price:
        intake = take_in(self.store, self.settings, csv, self.request.choice)
        urls = [
            row.url
            for row in read_chunk(intake.csv.ordered[len(HEADER) :])
            if isinstance(row, CoverRow)
        ]
        creators = sum(span.creators for span in intake.csv.spans) + intake.csv.rejected.creators
        label = csv.key or "csv_text"
        return self._price(label, intake.csv.rows, creators, urls, self.request, self._own_rates)

    def _of_fill(self, parent: str) -> Price:
        run = self.request.identity
        fill = choose_fill(
            self.store, self.settings, parent, run_id=run.run_id, timestamp=run.timestamp
        )
        sources = sources_of(self.store, self.settings, fill)
        # Every row is as likely as any other, and at most so many are in memory.
        nth = -(-fill.rows // _MOST_URLS)
        urls = list(islice(urls_of_fill(self.store, fill, sources), 0, None, nth))
        label = f"fill of {fill.parent.run_id}"
        like = self.request.like(fill.parent)
        return self._price(label, fill.rows, len(fill.creators), urls, like, self._own_rates)

    def _price(
        self,
        label: str,
        rows: int,
        creators: int,
        urls: list[str],
        request: RunRequest,
        rates: Rates,
    ) -> Price:
        return price(
            label,
            rows=rows,
            creators=creators,
            urls=urls,
            settings=self.settings,
            config=request.config,
            workers=self.workers,
            now=time.time(),
            rates=rates,
        )

    @cached_property
    def _own_rates(self) -> Rates:
        return self._learned(self.dag_id)

    @cached_property
    def _rates_of_parts(self) -> Rates:
        """Those of the DAG that a backfill of the window would be of."""
        backfill, window = self.request.backfill, self.request.window
        if backfill is None and window is not None:
            schedule = MONTHLY if is_by_month(window) else DAILY
            backfill = next(name for name, its in BACKFILLS.items() if its == schedule)
        return self._learned(backfill or self.dag_id)

    def _learned(self, dag_id: str) -> Rates:
        return rates_of(self.store, self.settings, dag_id, now=datetime.now(UTC))
