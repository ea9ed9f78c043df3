"""S3 that answers 409, because two requests met at one object: it asks to try again."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from urllib3 import HTTPResponse

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CODES = ("ConditionalRequestConflict", "OperationAborted", "409")
"""What it may be called ("Error responses"); boto uses the status if there is no body."""


class Conflicts:
    """The first `times` requests of one kind are answered 409, and are not carried out."""

    def __init__(
        self, client: "S3Client", operation: str, *, times: int, code: str = CODES[0]
    ) -> None:
        self.asked = 0
        self._times, self._code = times, code
        client.meta.events.register(f"before-call.s3.{operation}", self._answer)

    def _answer(self, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        self.asked += 1
        if self.asked > self._times:
            return None
        raw = HTTPResponse(BytesIO(), preload_content=False)
        answer = AWSResponse("https://s3", 409, {}, raw)  # type: ignore[no-untyped-call]
        return answer, {"Error": {"Code": self._code, "Message": "Try again."}}
