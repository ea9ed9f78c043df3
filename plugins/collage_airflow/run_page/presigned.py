"""Links to objects in S3 that a browser can follow for a minute, without an account of AWS."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SECONDS = 60
"""How long a link lives: long enough for a browser that was just sent to it."""


@dataclass(frozen=True, slots=True)
class PresignedLinks:
    """Links that are signed here, without a request. `client` signs with SigV4.

    Objects that are encrypted with a key of KMS are sent for no other signature.
    """

    client: "S3Client"

    def link(self, bucket: str, key: str, *, save_as: str | None = None) -> str:
        """A link to an object, whether it exists or not.

        With `save_as`, the browser saves it as a file of this name, which is ASCII, and shows
        nothing.
        """
        params: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if save_as is not None:
            params["ResponseContentDisposition"] = f'attachment; filename="{save_as}"'
        return self.client.generate_presigned_url("get_object", Params=params, ExpiresIn=SECONDS)

    def origin(self, bucket: str) -> str:
        """Scheme and host of the links to a bucket, as a Content-Security-Policy names them."""
        parts = urlsplit(self.link(bucket, "-"))
        return f"{parts.scheme}://{parts.netloc}"
