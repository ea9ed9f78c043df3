"""What a person reads when a page cannot be made."""

import pytest
from botocore.exceptions import EndpointConnectionError
from fastapi import FastAPI

from collage_core.aws.s3_store import S3Error
from collage_core.errors import MessageError, SettingError
from tests.unit.collage_airflow.run_page.conftest import Visitors


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (SettingError("CELL_SIZE is 'big': it must be"), 500, "CELL_SIZE is &#39;big&#39;"),
        (S3Error("cannot read s3://b/k: S3 says AccessDenied; allow it"), 502, "AccessDenied"),
        (MessageError("s3://b/k is no manifest"), 500, "s3://b/k is no manifest"),
        (EndpointConnectionError(endpoint_url="http://s3"), 502, "connection aws_default"),
        (ZeroDivisionError("with a secret"), 500, "the web server&#39;s log says what"),
    ],
)
def test_an_error_is_one_page_that_names_the_thing_and_the_fix(
    error: Exception, status: int, said: str, app: FastAPI, visitors: Visitors
) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise error

    answer = visitors("viewer").get("/broken")
    assert (answer.status_code, said in answer.text) == (status, True)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    part = visitors("viewer").get("/broken", headers={"HX-Request": "true"})
    assert said in part.text
    assert "<html" not in part.text
    assert ('hx-get="/broken"' in part.text) == (status == 502)  # S3 may answer again
    told = visitors("viewer").get("/broken", headers={"Accept": "*/*"})
    assert told.status_code == status
    assert set(told.json()) == {"detail"}


@pytest.mark.parametrize(
    "path", ["/creators?name=%FF", "/start/csv?csv_key=%C0", "/statistics?month=%FF&x=1"]
)
def test_bytes_that_no_text_has_are_refused(path: str, visitors: Visitors) -> None:
    answer = visitors("viewer").get(path)
    assert (answer.status_code, "not in UTF-8" in answer.text) == (400, True)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_what_is_sent_to_a_page_is_refused(method: str, visitors: Visitors) -> None:
    answer = visitors("viewer").request(method, "/runs")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert "These pages are only read" in answer.text
