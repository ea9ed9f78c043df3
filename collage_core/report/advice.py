"""What to do about a reason, in a few words; docs/contracts.md has the whole story."""

from collage_core.contract.reasons import Reason

_ADVICE: dict[str, str] = {
    Reason.BAD_ROW: "fix the line; a field with a comma needs quotes",
    Reason.NO_CREATOR: "fill in the creator's name",
    Reason.INVALID_URL: "fix the URL; it must be http(s) with a host",
    Reason.EXPIRED_URL: "have the URLs signed again",
    Reason.BLOCKED_ADDRESS: "if the host is meant, allow it by its name",
    Reason.DNS_FAILURE: "check the host's name, and this machine's DNS",
    Reason.CONNECT_FAILURE: "check that the host is up and its certificate is valid",
    Reason.TIMEOUT: "raise the timeout, or download fewer at a time",
    Reason.TOO_MANY_REDIRECTS: "store the URL at which they end",
    Reason.HOST_UNAVAILABLE: "run it again when the host is back",
    Reason.OUT_OF_TIME: "give the worker more time, or lower the timeout",
    Reason.WORKER_DIED: "give the worker more memory, then fill the run",
    Reason.TOO_LARGE: "store the URL of a smaller picture",
    Reason.NOT_AN_IMAGE: "open the URL; it is often a login page",
    Reason.UNSUPPORTED_ENCODING: "make the host respect Accept-Encoding: identity",
    Reason.UNSUPPORTED_FORMAT: "store it as JPEG, WebP, PNG, GIF or AVIF",
    Reason.TRUNCATED_IMAGE: "look at it in a browser; if it is whole there, run it again",
    Reason.TOO_MANY_PIXELS: "store the URL of a smaller picture",
}
_OF_STATUS = {
    "http_401": "check the signature or the rights",
    "http_403": "check the signature or the rights",
    "http_404": "the cover is gone",
    "http_410": "the cover is gone",
    "http_429": "download fewer at a time",
}


def advice(reason: str) -> str:
    """What a person can do about a rejected or failed row. `reason` is one of the closed list."""
    if reason.startswith("http_5"):
        return "run it again later"
    return _ADVICE.get(reason) or _OF_STATUS.get(reason, "open the URL to see what the host says")
