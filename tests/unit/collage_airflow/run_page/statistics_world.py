"""Months, creators and dropped CSVs over a store in memory, as a person reads them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape

import boto3
from botocore.config import Config
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from collage_airflow.run_page.clock import now
from collage_airflow.run_page.deployment import Deployment, deployment
from collage_airflow.run_page.presigned import PresignedLinks
from tests.support.closed_months import SETTINGS
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


def world_of(app: FastAPI, viewer: TestClient) -> World:
    """The deployment of these pages on 2026-10-20, and somebody who may read all of it."""
    store = CountedStore(clock=lambda: NOW)
    client = boto3.client(
        "s3",
        region_name="us-east-2",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(signature_version="s3v4"),
    )
    here = Deployment(SETTINGS, store, PresignedLinks(client))
    app.dependency_overrides[deployment] = lambda: here
    app.dependency_overrides[now] = lambda: NOW
    return World(store, viewer)
