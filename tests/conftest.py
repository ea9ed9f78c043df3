"""What all tests share: a home for Airflow, and how properties are searched."""

import os
import tempfile

from hypothesis import settings

from tests.support.quick_clients import keep_models

keep_models()

# Before any test imports Airflow, which reads its home once and would take the developer's own.
_AIRFLOW_HOME = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ["AIRFLOW_HOME"] = _AIRFLOW_HOME.name

# Property tests find the same examples on every machine, and are not timed on a busy one.
settings.register_profile("repo", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("repo")
