"""Tasks in the process of a test: no server of Airflow is there to be asked for Variables."""

from collections.abc import Iterator

import pytest
from airflow.sdk import Variable


@pytest.fixture(scope="session", autouse=True)
def no_variables() -> Iterator[None]:
    """Airflow has no Variables but those of the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Variable, "keys", lambda prefix: [] if prefix else None)
        yield
