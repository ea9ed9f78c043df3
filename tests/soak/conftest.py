"""The twin of the integration tests, with all the time that these tests take."""

from pathlib import Path

import pytest

from tests.integration.conftest import api, twin

__all__ = ["api", "twin"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests end when their own time is over."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(0))
