"""Months, creators and dropped CSVs over a store in memory, as a person reads them."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from collage_airflow.run_page.clock import now
from collage_airflow.run_page.deployment import Deployment, deployment
from tests.support.counted_store import CountedStore

NOW = datetime(2026, 10, 20, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class World:
    store: CountedStore
    viewer: TestClient

    def get(self, path: str, status: int = 200) -> str:
        """What a person reads on a page: its text, with the spaces of a browser."""
        return text_of(self.answer(path, status))

    def answer(self, path: str, status: int = 200) -> Response:
        self.store.forget_requests()
        answer = self.viewer.get(path, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return answer


def text_of(answer: Response) -> str:
    content = re.sub(r"<(option|script|style)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", content)).split())


def world_of(app: FastAPI, viewer: TestClient, deployed: Deployment) -> World:
    """The deployment of these pages on 2026-10-20, and somebody who may read all of it."""
    store = CountedStore(clock=lambda: NOW)
    here = replace(deployed, store=store)
    app.dependency_overrides |= {deployment: lambda: here, now: lambda: NOW}
    return World(store, viewer)
