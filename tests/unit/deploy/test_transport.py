"""Requests without TLS: refused by a policy, or there is no address to send them to."""

from pathlib import Path

import pytest
from botocore.loaders import Loader

TERRAFORM = Path(__file__).parents[3] / "terraform"
REFUSING = {"s3": "bucket_policies.tf", "sqs": "queues.tf", "sns": "topic.tf"}
"""The services whose addresses take http, and where ours refuse it."""


def protocols(service: str) -> list[str]:
    """What the addresses of a service take, as AWS tells its own clients."""
    aws, *_ = Loader().load_data("endpoints")["partitions"]
    of_service = aws["services"][service].get("defaults", {})
    return list(of_service.get("protocols", aws["defaults"]["protocols"]))


@pytest.mark.parametrize("service", ["kms", "lambda", "logs", "sts", "secretsmanager"])
def test_what_has_no_policy_about_tls_has_no_address_without(service: str) -> None:
    assert protocols(service) == ["https"]


@pytest.mark.parametrize("service", REFUSING)
def test_what_has_an_address_without_tls_has_a_policy_that_refuses_it(service: str) -> None:
    assert "http" in protocols(service)
    text = (TERRAFORM / REFUSING[service]).read_text()
    assert 'Condition = { Bool = { "aws:SecureTransport" = "false" } }' in text
