"""The IAM policies: the least that the work needs, and whole in every deployment."""

import json
import os
import re
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from collage_airflow.dag_run.schedules import MONTHLY
from collage_core.contract.run_timestamp import RunTimestamp
from collage_core.contract.trigger import Trigger
from collage_core.layout import keys
from deploy.errors import DeployError
from deploy.iam import POLICIES, policy

ROLES = ["airflow", "function"]
MORE = "forget"
"""More rights, for whoever forgets a creator."""
ONE_SIDED = {("function", "function_arn")}
"""Names that a role has no business with."""
DOCUMENTS = sorted(path.stem for path in POLICIES.iterdir())
QUEUE = "arn:aws:sqs:us-east-2:123456789012:chunks"
FUNCTION = "arn:aws:lambda:us-east-2:123456789012:function:worker"
NAMES = {
    "input_bucket": "some-input",
    "output_bucket": "some-output",
    "temp_bucket": "some-temp",
    "queue_arn": QUEUE,
    "dead_letter_queue_arn": f"{QUEUE}-dlq",
    "function_arn": FUNCTION,
}
OF_BUCKETS = {
    *{"s3:ListBucket", "s3:ListBucketMultipartUploads"},
    *{"s3:GetLifecycleConfiguration", "s3:GetBucketVersioning"},
}
TAKING = {"sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"}
BUCKETS = {f"arn:aws:s3:::{name}" for placeholder, name in NAMES.items() if "bucket" in placeholder}

each_document = pytest.mark.parametrize("name", DOCUMENTS)
each_policy = pytest.mark.parametrize("role", [*ROLES, MORE])
each_role = pytest.mark.parametrize("role", ROLES)


def statements(name: str) -> list[dict[str, Any]]:
    return json.loads(policy(name, NAMES))["Statement"]  # type: ignore[no-any-return]


def rights(role: str) -> Iterator[tuple[str, str]]:
    """Each action with each resource that it is allowed on."""
    for statement in statements(role):
        for action in statement["Action"]:
            for resource in statement["Resource"]:
                yield action, resource


def allows(role: str, action: str, resource: str) -> bool:
    return any(
        action == allowed and fnmatchcase(resource, pattern) for allowed, pattern in rights(role)
    )


def test_every_document_is_a_role_or_who_may_assume_one_or_more_rights() -> None:
    assert set(DOCUMENTS) == {*ROLES, MORE, "function_trust"}


@each_document
def test_every_placeholder_is_filled(name: str) -> None:
    document = json.loads(policy(name, NAMES))
    assert document["Version"] == "2012-10-17"
    assert "$" not in json.dumps(document)


@each_role
@pytest.mark.parametrize("missing", NAMES)
def test_a_placeholder_without_a_value_is_named(role: str, missing: str) -> None:
    if f"${{{missing}}}" not in (POLICIES / f"{role}.json").read_text():
        assert (role, missing) in ONE_SIDED
        return
    values = {name: value for name, value in NAMES.items() if name != missing}
    with pytest.raises(DeployError, match=rf"{role}\.json: there is no value for \${{{missing}}}"):
        policy(role, values)


@pytest.mark.parametrize("value", ["*", "some-*", "", "a b", 'x", "*', "b?", "a\n", "${x}"])
def test_a_value_that_would_widen_a_right_or_break_the_document_is_refused(value: str) -> None:
    with pytest.raises(DeployError, match=r"input_bucket is .*without wildcards"):
        policy("airflow", NAMES | {"input_bucket": value})


def test_a_document_that_is_missing_is_named() -> None:
    with pytest.raises(DeployError, match=r"nobody\.json cannot be read"):
        policy("nobody", NAMES)


def test_a_variable_of_iam_is_escaped_and_said_to_be_when_it_is_not(tmp_path: Path) -> None:
    template = tmp_path / "user.json"
    template.write_text('"$${aws:username}/${queue_arn}"')
    assert policy("user", NAMES, folder=tmp_path) == f'"${{aws:username}}/{QUEUE}"'
    template.write_text('"${aws:username}"')
    with pytest.raises(DeployError, match=r"user\.json: .*write `\$\$\{`"):
        policy("user", NAMES, folder=tmp_path)


@each_policy
def test_a_right_names_its_actions_one_by_one_and_excludes_nothing(role: str) -> None:
    for statement in statements(role):
        assert statement.keys() == {"Sid", "Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
    for action, _ in rights(role):
        assert re.fullmatch(r"(s3|sqs|lambda):[A-Za-z]+", action)


@each_policy
def test_a_right_is_for_one_queue_whole_buckets_or_one_folder(role: str) -> None:
    for action, resource in rights(role):
        either = {("function", "sqs:SendMessage"), (role, "sqs:GetQueueAttributes")}
        if (role, action) in either:
            assert resource in {QUEUE, f"{QUEUE}-dlq"}
        elif role == "airflow" and action in TAKING:
            assert resource == f"{QUEUE}-dlq"
        elif action.startswith("sqs:"):
            assert resource == QUEUE
        elif action.startswith("lambda:"):
            assert resource == FUNCTION
        elif action in OF_BUCKETS:
            assert resource in BUCKETS
        else:
            bucket, _, key = resource.partition("/")
            assert bucket in BUCKETS
            # One folder of a bucket, or in it the objects of one kind.
            one_kind = r"\*/[a-z-]+/\*|\*/[a-z-]+\.json|\*_[a-z]+_\*|\*(/merged-\*)?\.zip|\*\.html"
            assert re.fullmatch(rf"([a-z-]+/)+(\*|{one_kind})", key)


@each_policy
def test_no_role_may_change_who_may_do_what(role: str) -> None:
    assert {action for action, _ in rights(role)} <= {
        *OF_BUCKETS,
        *{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"},
        *{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
        *{"sqs:ChangeMessageVisibility", "lambda:InvokeFunction"},
    }


def test_lambda_alone_may_assume_the_functions_role() -> None:
    assert statements("function_trust") == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]


@each_policy
def test_every_statement_says_what_it_is_for(role: str) -> None:
    sids = [statement["Sid"] for statement in statements(role)]
    assert len(set(sids)) == len(sids)
    # IAM takes letters and digits alone ("IAM JSON policy elements: Sid").
    assert [sid for sid in sids if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", sid)] == []


@each_policy
def test_a_policy_may_be_a_managed_one(role: str) -> None:
    # "IAM and AWS STS quotas": 6,144 characters, white space not counted; names may be longer.
    assert len(re.sub(r"\s", "", policy(role, NAMES))) < 6144 / 2


TS = RunTimestamp.parse("20261001_000000")
CSV = keys.scheduled_csv(MONTHLY, TS)
UPLOAD = f"{keys.MANUAL_UPLOADS}mine.csv"
RECEIPT = keys.receipt("r", "00000-a")
PACKS = keys.packs_of_run(TS.moment.date(), "r")
PACK = keys.pack(PACKS, "00000-a", 0)


@pytest.mark.parametrize(
    ("action", "bucket", "key"),
    [
        ("s3:PutObject", "input", UPLOAD),
        ("s3:DeleteObject", "input", keys.archived_csv(CSV, TS)),
        ("s3:PutObject", "output", keys.thumbnail("ana", TS)),
        ("s3:DeleteObject", "output", keys.processing_summary(TS)),
        ("s3:DeleteObject", "output", keys.claim(TS)),
        ("s3:DeleteObject", "output", keys.processing_log(TS)),
        ("s3:PutObject", "output", keys.collage("ana", TS, Trigger.SQS)),
        ("s3:PutObject", "temp", keys.failed_download("r", "00000-a", 1, "not_an_image")),
        ("s3:PutObject", "temp", keys.error_log("r", "00000-a", 1)),
        ("s3:PutObject", "temp", PACK),
        ("s3:DeleteObject", "temp", keys.pack_index(PACKS)),
    ],
)
def test_airflow_may_not(action: str, bucket: str, key: str) -> None:
    assert not allows("airflow", action, f"arn:aws:s3:::some-{bucket}/{key}")


@pytest.mark.parametrize(
    ("action", "bucket", "key"),
    [
        ("s3:PutObject", "input", CSV),
        ("s3:PutObject", "input", UPLOAD),
        ("s3:DeleteObject", "input", keys.archived_csv(CSV, TS)),
        ("s3:DeleteObject", "output", keys.processing_summary(TS)),
        ("s3:DeleteObject", "output", keys.claim(TS)),
        ("s3:DeleteObject", "output", keys.batch_results(TS)),
        ("s3:DeleteObject", "temp", keys.manifest("r")),
        ("s3:DeleteObject", "temp", keys.ordered_csv("r")),
        ("s3:DeleteObject", "temp", keys.set_aside("r", "00000-a", "0")),
        ("s3:DeleteObject", "temp", PACK),
        ("s3:DeleteObject", "temp", keys.pack_index(PACKS)),
    ],
)
def test_the_function_may_not(action: str, bucket: str, key: str) -> None:
    assert not allows("function", action, f"arn:aws:s3:::some-{bucket}/{key}")


OBJECTS = [
    keys.collage("ana", TS, Trigger.SQS),
    keys.collage("ana", TS, Trigger.MANUAL, "folder"),
    keys.collage_by_creator("ana", TS),
    keys.thumbnail("ana", TS),
    keys.metadata("ana", TS),
]


@each_role
@pytest.mark.parametrize("key", [*OBJECTS, keys.recorded_creators(TS, "r", 2)])
def test_either_side_may_remove_what_no_books_name(role: str, key: str) -> None:
    assert allows(role, "s3:DeleteObject", f"arn:aws:s3:::some-output/{key}")


@each_role
@pytest.mark.parametrize("key", OBJECTS)
def test_workers_may_look_at_what_another_one_has_written_and_airflow_verifies_it(
    role: str, key: str
) -> None:
    assert allows(role, "s3:GetObject", f"arn:aws:s3:::some-output/{key}")


@each_role
@pytest.mark.parametrize("kind", ["GetObject", "PutObject"])
def test_either_side_may_keep_records_and_what_it_knows_of_a_run(role: str, kind: str) -> None:
    for key in (keys.recorded_manifest(TS, "r"), keys.recorded_creators(TS, "r", 1)):
        assert allows(role, f"s3:{kind}", f"arn:aws:s3:::some-output/{key}")
    of_run = [keys.planning("r"), keys.again("r"), keys.set_aside("r", "c", "0")]
    for key in (*of_run, keys.dropped_message("r", "c"), keys.upload_run("0"), RECEIPT):
        assert allows(role, f"s3:{kind}", f"arn:aws:s3:::some-temp/{key}")


def test_workers_keep_covers_and_either_side_finds_and_indexes_them() -> None:
    for role in ROLES:
        assert allows(role, "s3:GetObject", f"arn:aws:s3:::some-temp/{PACK}")
        assert allows(role, "s3:ListBucket", "arn:aws:s3:::some-temp")
        for folder in (PACKS, keys.downloads_of_day(TS.moment.date())):
            for action in ("s3:GetObject", "s3:PutObject"):
                index = f"arn:aws:s3:::some-temp/{keys.pack_index(folder)}"
                assert allows(role, action, index)
        for key in (keys.packs_of_all_chunks("r"), keys.packs_of_chunk("r", "00000-a")):
            for action in ("s3:GetObject", "s3:PutObject"):
                assert allows(role, action, f"arn:aws:s3:::some-temp/{key}")
        of_chunk = keys.packs_of_chunk("r", "00000-a")
        assert allows(role, "s3:DeleteObject", f"arn:aws:s3:::some-temp/{of_chunk}")
        refresh = f"arn:aws:s3:::some-output/{keys.refresh_list(TS)}"
        assert allows(role, "s3:PutObject", refresh)
        report = f"arn:aws:s3:::some-output/{keys.report(TS)}"
        assert allows(role, "s3:PutObject", report)
        assert allows(role, "s3:GetObject", report)  # HEAD
    assert allows("function", "s3:PutObject", f"arn:aws:s3:::some-temp/{PACK}")


@each_role
def test_either_side_may_set_a_receipt_aside_and_have_its_chunk_done_again(role: str) -> None:
    for key in (
        RECEIPT,
        keys.partial_receipt("r", "00000-a"),
        keys.failed_message("r", "00000-a"),
        keys.chunk_at_work("r", "00000-a"),
        keys.again("r"),
    ):
        assert allows(role, "s3:DeleteObject", f"arn:aws:s3:::some-temp/{key}")


PACKS = keys.packs_of_run(date(2026, 10, 1), "r")
IN_PACKS = [keys.pack(PACKS, "c", 0), keys.pack_index(PACKS)]


def test_who_forgets_may_delete_what_is_a_creators_and_rewrite_packs() -> None:
    for key in OBJECTS:
        assert allows(MORE, "s3:DeleteObject", f"arn:aws:s3:::some-output/{key}")
    for action in ("GetObject", "PutObject", "DeleteObject"):
        for key in IN_PACKS:
            assert allows(MORE, f"s3:{action}", f"arn:aws:s3:::some-temp/{key}")
        for key in (keys.report(TS), keys.report(TS, "r")):
            assert allows(MORE, f"s3:{action}", f"arn:aws:s3:::some-output/{key}")
    receipt = f"arn:aws:s3:::some-output/{keys.forgotten(TS, '0f')}"
    assert allows(MORE, "s3:PutObject", receipt)
    assert not allows(MORE, "s3:DeleteObject", receipt)
    for key in (keys.claim(TS), keys.recorded_manifest(TS, "r"), keys.processing_summary(TS)):
        assert not allows(MORE, "s3:DeleteObject", f"arn:aws:s3:::some-output/{key}")
    assert not allows(MORE, "s3:DeleteObject", f"arn:aws:s3:::some-temp/{RECEIPT}")
    assert not allows(MORE, "s3:GetObject", f"arn:aws:s3:::some-input/{CSV}")


def test_airflow_may_merge_packs_and_remove_those_that_were_merged() -> None:
    merged = keys.merged_packs(TS.moment.date(), "0f")
    for action, key in [
        *[("GetObject", PACK), ("PutObject", keys.pack(merged, "packs", 0))],
        *[("PutObject", keys.pack_index(merged)), ("PutObject", keys.pack_index(PACKS))],
        ("DeleteObject", PACK),
    ]:
        assert allows("airflow", f"s3:{action}", f"arn:aws:s3:::some-temp/{key}")


@pytest.mark.parametrize("key", IN_PACKS)
def test_no_worker_may_delete_packs(key: str) -> None:
    assert not allows("function", "s3:DeleteObject", f"arn:aws:s3:::some-temp/{key}")


@each_role
def test_nobody_else_may_delete_an_index_of_packs(role: str) -> None:
    key = keys.pack_index(PACKS)
    assert not allows(role, "s3:DeleteObject", f"arn:aws:s3:::some-temp/{key}")


def test_lambda_may_send_events_that_failed_to_the_dead_letter_queue() -> None:
    assert allows("function", "sqs:SendMessage", f"{QUEUE}-dlq")
    assert not allows("function", "sqs:ReceiveMessage", f"{QUEUE}-dlq")


@each_role
def test_either_side_may_take_a_csv_that_waits_and_move_it_to_the_archive(role: str) -> None:
    for action in ("s3:GetObject", "s3:DeleteObject"):
        assert allows(role, action, f"arn:aws:s3:::some-input/{UPLOAD}")
    archived = keys.archived_upload(UPLOAD, TS)
    assert allows(role, "s3:PutObject", f"arn:aws:s3:::some-input/{archived}")


def test_airflow_sends_messages_and_takes_only_those_that_failed() -> None:
    assert allows("airflow", "sqs:SendMessage", QUEUE)
    assert not allows("airflow", "sqs:SendMessage", f"{QUEUE}-dlq")
    for action in TAKING:
        assert not allows("airflow", action, QUEUE)
        assert allows("airflow", action, f"{QUEUE}-dlq")


def test_the_function_invokes_no_function_and_looks_at_no_lifecycle() -> None:
    assert not [action for action, _ in rights("function") if action.startswith("lambda:")]
    assert not allows("function", "s3:GetLifecycleConfiguration", "arn:aws:s3:::some-temp")


@pytest.mark.parametrize("bucket", ["input", "output", "temp"])
def test_airflow_may_abort_uploads_wherever_housekeeping_looks_for_them(bucket: str) -> None:
    folders = {
        "input": keys.INPUT_FOLDERS,
        "output": keys.REPORT_FOLDERS,
        "temp": (keys.PROCESSING,),
    }
    for folder in folders[bucket]:
        key = f"arn:aws:s3:::some-{bucket}/{folder}x"
        assert allows("airflow", "s3:AbortMultipartUpload", key)


def test_a_csv_that_was_dropped_anywhere_may_be_finished_by_both() -> None:
    for folder in (keys.CSV_FILES, keys.MANUAL_UPLOADS):
        for action in ("s3:GetObject", "s3:DeleteObject"):
            assert allows("airflow", action, f"arn:aws:s3:::some-input/{folder}x.csv")
            assert allows("function", action, f"arn:aws:s3:::some-input/{folder}x.csv")


@each_document
def test_a_document_is_written_so_that_terraform_and_python_read_the_same(name: str) -> None:
    text = (POLICIES / f"{name}.json").read_text()
    assert re.findall(r"\$(?!\{[a-z_]+\}|\$\{)", text) == []
    assert "%{" not in text


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
@each_policy
def test_terraform_fills_a_document_in_as_python_does(role: str, tmp_path: Path) -> None:
    values = ", ".join(f'{name} = "{value}"' for name, value in NAMES.items())
    expression = f'base64encode(templatefile("{POLICIES}/{role}.json", {{{values}}}))'
    answer = subprocess.run(
        ["terraform", "console"],  # noqa: S607 - the one on PATH, as the skip asks
        input=expression,
        cwd=tmp_path,
        # It asks the internet for its newest version otherwise, and takes settings from a file.
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    filled = b64decode(json.loads(answer.stdout)).decode()
    assert filled == policy(role, NAMES)
