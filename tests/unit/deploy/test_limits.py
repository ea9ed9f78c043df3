"""The numbers of a deployment: read whole or refused with their names, and given once."""

import ast
import copy
import json
import re
import tomllib
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from collage_core.layout import keys
from collage_core.run.estimate import MB_PER_VCPU, estimate
from collage_core.settings import Settings
from deploy.errors import DeployError
from deploy.lambda_zip import own_files
from deploy.limits import LIMITS_JSON, read_limits
from local.settings import product_settings, twin_limits

REPO = Path(__file__).parents[3]
DOCUMENT = json.loads(LIMITS_JSON.read_text())
LIMITS = read_limits()

type Name = tuple[str, ...]


def leaves(document: dict[str, Any], above: Name = ()) -> Iterator[tuple[Name, Any]]:
    """Each number with the names that lead to it; days by prefix are one."""
    for name, value in document.items():
        if isinstance(value, dict) and name != "expire_after_days":
            yield from leaves(value, (*above, name))
        else:
            yield (*above, name), value


NAMES = [name for name, _ in leaves(DOCUMENT)]
each_number = pytest.mark.parametrize("name", NAMES, ids=".".join)


def changed(name: Name, value: Any, *, to: str | None = None) -> dict[str, Any]:
    """The document with another value of that name, or with the value under another name."""
    document = copy.deepcopy(DOCUMENT)
    section = document
    for part in name[:-1]:
        section = section[part]
    if to is not None:
        del section[name[-1]]
    section[to or name[-1]] = value
    return document


def refusal(tmp_path: Path, document: Any) -> str:
    path = tmp_path / "limits.json"
    path.write_text(json.dumps(document))
    with pytest.raises(DeployError) as refused:
        read_limits(path)
    assert str(refused.value).startswith(f"{path}: ")
    return str(refused.value)


@each_number
def test_a_number_that_is_missing_or_misspelled_is_named(tmp_path: Path, name: Name) -> None:
    said = refusal(tmp_path, changed(name, 1, to=f"{name[-1]}_"))
    assert re.search(rf"`{name[-1]}_?`", said)
    assert f"$.{'.'.join(name[:-1])}" in said


@each_number
@pytest.mark.parametrize("value", [None, "ten", "", -1, 1.5, True, []])
def test_a_wrong_value_is_named(tmp_path: Path, name: Name, value: object) -> None:
    assert f"`$.{'.'.join(name)}`" in refusal(tmp_path, changed(name, value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("function.timeout_seconds", 0),
        ("function.timeout_seconds", 901),
        ("function.memory_mb", 127),
        ("function.memory_mb", 10_241),
        ("function.recursive_loop", "Terminate"),
        ("function.architecture", "riscv64"),
        ("function.runtime", "nodejs22.x"),
        ("chunk_queue.visibility_timeout_seconds", 43_201),
        ("chunk_queue.max_receive_count", 4),
        ("dead_letter_queue.message_retention_seconds", 1_209_601),
        ("dead_letter_queue.message_retention_seconds", 345_600),
        ("queue_mapping.batch_size", 0),
        ("queue_mapping.batch_size", 11),
        ("queue_mapping.maximum_concurrency", 1),
        ("buckets.temp.abort_uploads_after_days", 0),
        ("retention.log_group_days", 100),
        ("retention.access_logs_days", 0),
        ("retention.deleted_key_days", 6),
        ("retention.deleted_key_days", 31),
        ("retention.collages_standard_ia_days", 29),
        ("retention.archived_csvs_glacier_ir_days", 59),
        ("alarms.duration_percent", 101),
        ("alarms.memory_percent", 101),
    ],
)
def test_what_aws_refuses_or_the_product_cannot_work_with_is_refused(
    tmp_path: Path, name: str, value: object
) -> None:
    assert f"`$.{name}`" in refusal(tmp_path, changed(tuple(name.split(".")), value))


def test_a_message_stays_invisible_for_six_times_as_long_as_it_may_be_worked_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "limits.json"
    for timeout in (1, 120, 900):
        document = changed(("function", "timeout_seconds"), timeout)
        document["chunk_queue"]["visibility_timeout_seconds"] = 6 * timeout
        path.write_text(json.dumps(document))
        assert read_limits(path).function.timeout_seconds == timeout
        document["chunk_queue"]["visibility_timeout_seconds"] = 6 * timeout - 1
        assert f"set it to {6 * timeout} or more" in refusal(tmp_path, document)


@pytest.mark.parametrize("what", ["archived_csvs", "collages"])
def test_an_object_stays_in_a_class_of_storage_for_thirty_days(tmp_path: Path, what: str) -> None:
    last = DOCUMENT["retention"][f"{what}_glacier_ir_days"]
    document = changed(("retention", f"{what}_standard_ia_days"), last - 29)
    assert f"`{what}_glacier_ir_days` is {last}: set it to {last + 1}" in refusal(
        tmp_path, document
    )


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"function": "\xff"}', b"\xff"])
def test_a_file_that_is_no_document_is_named(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "limits.json"
    path.write_bytes(text)
    with pytest.raises(DeployError, match=re.escape(str(path))):
        read_limits(path)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match=re.escape(f"{tmp_path / 'none.json'} cannot be read")):
        read_limits(tmp_path / "none.json")


def test_the_twin_has_all_numbers_of_a_deployment_but_fewer_workers() -> None:
    twin, deployed = twin_limits(), LIMITS
    assert twin.queue_mapping.maximum_concurrency == 2
    assert twin.queue_mapping.batch_size == deployed.queue_mapping.batch_size
    for section in set(deployed.__struct_fields__) - {"queue_mapping"}:
        assert getattr(twin, section) == getattr(deployed, section)


# The product does not read the file: what its code and pages say must agree with it.


def test_hosts_are_shared_by_as_many_workers_as_are_deployed_and_as_the_twin_has() -> None:
    twin = Settings.from_env(product_settings(queue_url="http://127.0.0.1:4566/1/chunks"))
    assert Settings().function_concurrency == LIMITS.queue_mapping.maximum_concurrency
    assert twin.function_concurrency == twin_limits().queue_mapping.maximum_concurrency


def test_the_handler_is_a_function_of_the_zip() -> None:
    module, _, name = LIMITS.function.handler.rpartition(".")
    path = f"{module.replace('.', '/')}.py"
    # Read and not imported: the module makes its clients and asks for its settings at once.
    body = ast.parse(own_files(REPO)[path].read_text()).body
    assert name in {node.name for node in body if isinstance(node, ast.FunctionDef)}


def test_lambda_runs_the_python_that_everything_is_tested_with() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    version = LIMITS.function.runtime.removeprefix("python")
    assert project["requires-python"].startswith(f">={version},")


def test_the_estimate_is_made_for_the_architecture_and_the_memory_that_are_deployed() -> None:
    assert signature(estimate).parameters["architecture"].default == LIMITS.function.architecture
    # So `plan`, whose default this is, may say that a worker has one whole vCPU.
    assert LIMITS.function.memory_mb == MB_PER_VCPU


def test_an_upload_calls_the_function_in_csv_files_and_one_in_manual_uploads_waits() -> None:
    assert LIMITS.upload_events.prefixes == (keys.CSV_FILES,)


def test_the_readme_gives_the_days_that_a_run_is_kept() -> None:
    days = LIMITS.buckets.temp.expire_after_days
    assert days == {
        keys.PROCESSING: days[keys.DEBUG],
        keys.DEBUG: days[keys.DEBUG],
        keys.DOWNLOADS: Settings().keep_covers_days,
    }
    (row,) = re.findall(r"^\| `TEMP_BUCKET` .*$", (REPO / "README.md").read_text(), re.MULTILINE)
    assert f"which expire after {days[keys.PROCESSING]} days" in row


def as_on_the_page(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f'`"{prefix}"`: `{days}`' for prefix, days in value.items())
    values = value if isinstance(value, list) else [value]
    return " ".join(f"`{one}`" for one in values)


def test_the_page_names_every_number_and_no_other() -> None:
    page = (REPO / "deploy" / "README.md").read_text()
    _, _, numbers = page.partition("## The numbers")
    rows = dict(re.findall(r"^\| `([a-z_]+\.[a-z_.]+)` \| ?(.*?) ?\|", numbers, re.MULTILINE))
    assert rows == {".".join(name): as_on_the_page(value) for name, value in leaves(DOCUMENT)}


# No number stands a second time in code.

AWS_ATTRIBUTES = {
    *{"Timeout", "MemorySize", "Runtime", "Handler", "Architectures", "RecursiveLoop"},
    *{"VisibilityTimeout", "maxReceiveCount", "MessageRetentionPeriod"},
    *{"BatchSize", "MaximumConcurrency", "Days", "DaysAfterInitiation"},
}
OWN_NAMES = {name[-1] for name, value in leaves(DOCUMENT) if isinstance(value, int)}
CODE = ["collage_core", "lambda_pkg", "plugins", "dags", "deploy", "local"]


def numbers_given(source: str) -> Iterator[str]:
    """Attributes of a deployment that a module sets to a literal or a constant of its own."""
    for node in ast.walk(ast.parse(source)):
        named: list[tuple[str | None, ast.AST | None]] = []
        match node:
            case ast.Dict(keys=names, values=values):
                named = [
                    (name.value if isinstance(name, ast.Constant) else None, value)  # type: ignore[misc]
                    for name, value in zip(names, values, strict=True)
                ]
            case ast.keyword(arg=name, value=value):
                named = [(name, value)]
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                named = [(name.lower(), value)]
        for name, value in named:
            if value and name in AWS_ATTRIBUTES | OWN_NAMES and any(map(_is_own, ast.walk(value))):
                yield str(name)


def _is_own(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id.isupper()
    return isinstance(node, ast.Constant) and isinstance(node.value, int | str)


def test_the_code_gives_no_number_of_the_deployment_but_the_twins_own_workers() -> None:
    given = {
        (path.relative_to(REPO).as_posix(), name)
        for folder in CODE
        for path in (REPO / folder).rglob("*.py")
        for name in numbers_given(path.read_text())
    }
    assert given == {
        ("local/settings.py", "maximum_concurrency"),
        # A command that `check` shows; tests/unit/collage_airflow/preflight/test_queue.py holds it
        # to the file.
        ("collage_core/aws/queue_commands.py", "maxReceiveCount"),
        # Of single messages that a redrive receives; the queue's own is left alone.
        ("collage_core/aws/dead_letters.py", "VisibilityTimeout"),
        ("plugins/collage_airflow/preflight/dead_letters.py", "VisibilityTimeout"),
    }


@pytest.mark.parametrize(
    "line",
    [
        'settings = {"Timeout": 120}',
        'settings = {"Runtime": "python3.12"}',
        'queue({"VisibilityTimeout": str(6 * SECONDS)})',
        "replace(limits, timeout_seconds=60)",
        "client.create(BatchSize=_BATCH)",
        "MEMORY_MB = 1769",
    ],
)
def test_a_number_that_is_given_elsewhere_is_seen(line: str) -> None:
    assert list(numbers_given(line))
    assert not list(numbers_given('settings = {"Timeout": limits.timeout_seconds}'))
