"""Notifications reach real servers, in words, and nobody without a variable."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any, override

import boto3
import pytest
from airflow.sdk import DAG
from moto import mock_aws

from collage_airflow.notifications import after_failure, after_success, when_asked, when_late
from collage_airflow.scheduled_runs import QueuedScheduledRun
from collage_core.errors import BooksError, SettingError
from tests.support.mail_server import MailServer, mail_server, recipients_and_html

TOPIC = "arn:aws:sns:us-east-1:123456789012:covers"
MONTHLY = DAG("cover_collage_monthly", schedule=None)
NOTE = "October 2026: 45 of 46 collages, 16 covers failed"


def context(**more: Any) -> Any:
    """What Airflow passes to the callback of a task, as far as our texts use it."""
    task = SimpleNamespace(
        task_id="reconcile",
        log_url="http://airflow.example/log",
        xcom_pull=lambda task_ids: {"reconcile": {"note": NOTE}}[task_ids],
    )
    return {"ti": task, "dag": None, "run_id": "scheduled__2026-10-01", **more}


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SNS_TOPIC", "NOTIFY_SLACK_CONNECTION", "NOTIFY_EMAIL"):
        monkeypatch.delenv(name, raising=False)


class Server:
    """A server on loopback that keeps what it was sent."""

    def __init__(self) -> None:
        self.received: list[bytes] = []


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[misc]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    kept = Server()

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        @override
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(HTTPServer(("127.0.0.1", 0), Webhook)) as port:
        connection = {
            "conn_type": "slackwebhook",
            "host": f"http://127.0.0.1:{port}/services",
            "password": "T/B/x",
        }
        monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps(connection))
        monkeypatch.setenv("NOTIFY_SLACK_CONNECTION", "chat")
        yield kept


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(server.connection))
        monkeypatch.setenv("NOTIFY_EMAIL", "ana@team.example, bo@team.example")
        yield server


def test_nobody_is_told_without_a_variable() -> None:
    assert after_success() == after_failure() == when_asked() == []
    assert when_late(timedelta(hours=1)) == []


def test_slack_gets_the_words_of_a_run_that_has_succeeded(slack: Server) -> None:
    for notify in after_success():
        notify(context(dag=MONTHLY))
    (body,) = slack.received
    assert json.loads(body)["text"].endswith(
        f"{NOTE} (scheduled__2026-10-01 of cover_collage_monthly)"
    )


def test_a_mail_about_a_failed_task_has_its_error_and_its_log(mail: MailServer) -> None:
    error = BooksError("books of run 1 are off by 1 <b>row</b>")
    for notify in after_failure():
        notify(context(dag=MONTHLY, exception=error))
    (body,) = mail.received
    to, text = recipients_and_html(body)
    assert to == "ana@team.example, bo@team.example"
    assert "reconcile failed in scheduled__2026-10-01 of cover_collage_monthly" in text
    assert "off by 1 &lt;b&gt;row&lt;/b&gt;" in text
    assert "http://airflow.example/log" in text


def test_a_task_that_was_killed_has_no_error_and_is_told_of_all_the_same(slack: Server) -> None:
    for notify in after_failure():
        notify(context(dag=MONTHLY))
    assert b"the end of its log says why" in slack.received[0]


@mock_aws
def test_sns_gets_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({"conn_type": "aws"}))
    monkeypatch.setenv("NOTIFY_SNS_TOPIC", TOPIC)
    sns, sqs = (boto3.client(name, region_name="us-east-1") for name in ("sns", "sqs"))
    sns.create_topic(Name="covers")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn["QueueArn"])
    for notify in after_success():
        notify(context(dag=MONTHLY))
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert NOTE in json.loads(message["Body"])["Message"]


def test_a_late_run_is_told_of_by_every_channel_and_only_if_it_was_scheduled(
    slack: Server, mail: MailServer
) -> None:
    del slack, mail
    alerts = when_late(timedelta(hours=14))
    assert [alert.callback.path.rpartition(".")[2] for alert in alerts] == [
        "SlackWebhookNotifier",
        "SmtpNotifier",
    ]
    assert {type(alert.reference) for alert in alerts} == {QueuedScheduledRun}


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("NOTIFY_SNS_TOPIC", "covers", "the ARN of an SNS topic"),
        ("NOTIFY_SLACK_CONNECTION", "https://hooks.example/x", "the id of an Airflow connection"),
        ("NOTIFY_EMAIL", "ana", "e-mail addresses"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_must_be(
    variable: str, value: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError, match=f"{variable} is '{value}': it must be .*{rule}"):
        after_failure()


def test_a_mail_about_a_run_that_asks_has_its_question_and_where_to_answer(
    mail: MailServer,
) -> None:
    page = "http://airflow.example/dags/d/runs/r/tasks/approve"
    asks = SimpleNamespace(subject="October 2026: send 1,000 chunks for about 37.60 USD?")
    told = context(dag=MONTHLY, task=asks, ti=SimpleNamespace(log_url=f"{page}?try_number=1"))
    for notify in when_asked():
        notify(told)
    (body,) = mail.received
    _, text = recipients_and_html(body)
    assert "scheduled__2026-10-01 of cover_collage_monthly asks: October 2026: send 1,000" in text
    assert f"{page}/required_actions" in text
    assert "try_number" not in text
