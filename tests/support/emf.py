"""The rules of AWS for a line of metrics in the embedded metric format.

They are those of "Specification: Embedded metric format" in the CloudWatch User Guide, and of
MetricDatum in its API Reference.
"""

import json
import re
from typing import Any

UNITS = {
    *{"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes"},
    *{"Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count"},
    *{"Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second"},
    *{"Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second"},
    *{"Terabits/Second", "Count/Second", "None"},
}
MOST_BYTES = 1024 * 1024
MOST_DIMENSIONS = 30
MOST_METRICS = 100


def broken_rules(line: str) -> list[str]:  # noqa: C901, PLR0912 - one line for each rule
    """What CloudWatch would not accept of an event of a log; empty when it takes the metrics."""
    broken = []
    if len(line.encode()) > MOST_BYTES:
        broken.append("larger than an event may be")
    try:
        root: Any = json.loads(line, parse_constant=lambda name: f"not JSON: {name}")
    except ValueError:
        return ["not JSON alone"]
    if not isinstance(root, dict) or not isinstance(root.get("_aws"), dict):
        return ["no metadata"]
    metadata = root["_aws"]
    timestamp = metadata.get("Timestamp")
    # A moment in seconds would be one of 1970: older than the two weeks that are accepted.
    if not isinstance(timestamp, int) or not 1e12 < timestamp < 1e13:
        broken.append("Timestamp is not in milliseconds")
    directives = metadata.get("CloudWatchMetrics")
    if not isinstance(directives, list) or not directives:
        return [*broken, "no directive"]
    for directive in directives:
        if directive.keys() != {"Namespace", "Dimensions", "Metrics"}:
            broken.append("a directive has other members")
            continue
        namespace = directive["Namespace"]
        if not re.fullmatch(r"[0-9A-Za-z._/#: -]{1,255}", namespace) or namespace[:4] == "AWS/":
            broken.append("Namespace")
        if not directive["Dimensions"]:
            broken.append("no set of dimensions")
        for names in directive["Dimensions"]:
            if not isinstance(names, list) or len(names) > MOST_DIMENSIONS:
                broken.append("a set of dimensions is no list of at most 30 names")
                continue
            for name in names:
                value = root.get(name)
                if not isinstance(value, str) or not 1 <= len(value) <= 1024 or not value.strip():
                    broken.append(f"dimension {name} has no text at the root")
                elif not (value.isascii() and value.isprintable()) or value.startswith(":"):
                    broken.append(f"dimension {name} has a character that is not allowed")
        if not 1 <= len(directive["Metrics"]) <= MOST_METRICS:
            broken.append("not 1 to 100 metrics")
        for metric in directive["Metrics"]:
            if not {"Name"} <= metric.keys() <= {"Name", "Unit", "StorageResolution"}:
                broken.append("a metric has other members")
            elif not 1 <= len(metric["Name"]) <= 255:
                broken.append("the name of a metric is too long or empty")
            if metric.get("Unit", "None") not in UNITS:
                broken.append(f"unit {metric['Unit']}")
            value = root.get(metric.get("Name"))
            if isinstance(value, bool) or not isinstance(value, int | float):
                broken.append(f"metric {metric.get('Name')} has no number at the root")
    return broken
