"""Nothing is kept in memory from one test to the next."""

import pytest

from collage_core.views import gallery, run_documents
from collage_core.views.etag_cache import EtagCache


@pytest.fixture(autouse=True)
def empty_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_documents, "_manifests", EtagCache(most=8))
    monkeypatch.setattr(
        gallery, "_indexes", EtagCache(most=1000, size=lambda index: len(index.creators))
    )
