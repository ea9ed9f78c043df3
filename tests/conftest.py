"""What all tests share: a home for Airflow, quick clients of AWS, how properties are searched."""

import os
import signal
import tempfile

import pytest
from hypothesis import settings

from tests.support.quick_clients import keep_models

# Before any test imports Airflow, which reads its home once and would take the developer's own.
_AIRFLOW_HOME = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ["AIRFLOW_HOME"] = _AIRFLOW_HOME.name
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell: what the tests interrupt would ignore it, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

keep_models()

# Property tests find the same examples on every machine, and are not timed on a busy one.
settings.register_profile("repo", deadline=None, derandomize=True, database=None, print_blob=True)
settings.register_profile("quick", settings.get_profile("repo"), max_examples=25)
settings.load_profile("repo")


def pytest_configure(config: pytest.Config) -> None:
    """Search for a short time among the quick tests. The thorough ones search again, for long."""
    if config.option.markexpr == "not thorough":
        settings.load_profile("quick")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Count a property without limits of its own among the thorough tests, too."""
    test = getattr(item, "obj", None)
    if item.config.option.markexpr == "thorough" and getattr(test, "is_hypothesis_test", False):
        item.add_marker("thorough")
