"""Clients of AWS in a fraction of the time: tests make hundreds, and each one reads S3's model.

That is a megabyte of JSON for each session of boto. Airflow, moreover, walks through the source of
all its callers, only to name one of them in a header.
"""

from functools import cache

import pytest
from botocore.loaders import JSONFileLoader


def keep_models() -> None:
    """Read each file of botocore once in this process. Nobody changes what is read."""
    loader = JSONFileLoader()
    once = cache(loader.load_file)
    JSONFileLoader.load_file = lambda _, file_path: once(file_path)  # type: ignore[method-assign]


def name_no_caller(patch: pytest.MonkeyPatch) -> None:
    """Let Airflow's hooks put a fixed name into the header that says who calls."""
    from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook  # noqa: PLC0415

    patch.setattr(AwsGenericHook, "_get_caller", lambda *_: "a test")
