"""Where the log of the function has the lines of a chunk: a page of CloudWatch."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

_ARN = re.compile(r"arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):\d+:function:(?P<name>[^:]+)")
_CONSOLES = {
    "aws": "{region}.console.aws.amazon.com",
    "aws-cn": "{region}.console.amazonaws.cn",
    "aws-us-gov": "{region}.console.amazonaws-us-gov.com",
}
_AROUND = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """The log group of the function."""

    function_name: str
    """A name or an ARN."""
    region: str
    partition: str
    """Of the regions: aws, aws-cn or aws-us-gov."""

    def lines_of(self, chunk_id: str, begin: datetime, end: datetime) -> str | None:
        """The page with the lines that name a chunk; None where AWS has no console."""
        console = _CONSOLES.get(self.partition)
        if console is None:
            return None
        found = _ARN.match(self.function_name)
        region = found["region"] if found else self.region
        name = found["name"] if found else self.function_name.partition(":")[0]
        host = console.format(region=region)
        first = _milliseconds(begin - _AROUND)
        last = _milliseconds(end + _AROUND)
        pattern = _twice(f'"{chunk_id}"')
        return (
            f"https://{host}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
            f"{_twice(f'/aws/lambda/{name}')}/log-events"
            f"$3FfilterPattern$3D{pattern}$26start$3D{first}$26end$3D{last}"
        )


def _twice(text: str) -> str:
    """A text as the console writes it behind `#`: quoted twice, with dollars for percents."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
