"""Pauses that are noted, and not waited for."""

import pytest


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of each pause before a request was made again."""
    noted: list[float] = []
    monkeypatch.setattr("collage_core.aws.again.time.sleep", noted.append)
    return noted
