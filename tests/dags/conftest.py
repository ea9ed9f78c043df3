"""The DAGs of the repository, as Airflow's DAG processor finds them."""

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG

from tests.support.dag_files import DAG_FILES, DAGS


@pytest.fixture(scope="session")
def dagbag() -> DagBag:
    """All DAGs, and what went wrong when they were imported."""
    return DagBag(DAGS)


@pytest.fixture(params=DAG_FILES, ids=lambda path: path.stem)
def dag(request: pytest.FixtureRequest, dagbag: DagBag) -> DAG:
    """Each DAG."""
    return dagbag.dags[request.param.stem]
