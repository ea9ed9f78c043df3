"""Addresses of lines in the function's log."""

from datetime import UTC, datetime, timedelta

import pytest

from collage_airflow.run_page.function_log import FunctionLog

BEGIN = datetime(2026, 10, 1, 1, tzinfo=UTC)
END = BEGIN + timedelta(hours=1)


@pytest.mark.parametrize(
    ("function", "partition", "page", "name"),
    [
        (
            "collage-worker:live",
            "aws",
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1",
            "collage-worker",
        ),
        (
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:worker:7",
            "aws-cn",
            "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1",
            "worker",
        ),
    ],
)
def test_the_lines_of_a_chunk_are_half_an_hour_around_it(
    function: str, partition: str, page: str, name: str
) -> None:
    url = FunctionLog(function, "eu-west-1", partition).lines_of("chunk_1", BEGIN, END)
    assert url == (
        f"{page}#logsV2:log-groups/log-group/$252Faws$252Flambda$252F{name}/log-events"
        f"$3FfilterPattern$3D$2522chunk_1$2522"
        f"$26start$3D1790814600000$26end$3D1790821800000"
    )


def test_where_aws_has_no_console_there_is_no_address() -> None:
    assert FunctionLog("worker", "us-east-1", "").lines_of("chunk_1", BEGIN, END) is None
