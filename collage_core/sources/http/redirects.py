"""Finds the target of a redirect, and keeps the cookies of a chain of redirects.

Some hosts answer the first request with a cookie and a redirect to the same URL, and send the
picture only to a request with that cookie. Without the cookie the chain never ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urljoin
from urllib.request import Request

from collage_core.covers.cover_url import is_cover_url

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})

MAX_COOKIES = 20
"""Most cookies of one chain. Real chains set one or two."""

MAX_COOKIE_BYTES = 4096
"""Most bytes of one Set-Cookie header, and of one Cookie header. Every browser accepts a cookie of
this size (RFC 6265, section 6.1)."""


def redirect_target(url: str, locations: Sequence[str]) -> str | None:
    """The target of an answer to `url`, by its Location headers as http.client returns them.

    None when the target is not a URL of a cover, or when two headers have different targets.
    """
    if len(set(locations)) != 1:
        return None
    try:
        # http.client decodes headers as Latin-1, but servers send UTF-8.
        location = locations[0].encode("latin-1").decode("utf-8").replace(" ", "%20")
        # A whole URL is not joined: that would drop the "?" of an empty query.
        target = location if is_cover_url(location) else urljoin(url, location)
    except ValueError:
        return None
    return target if location and is_cover_url(target) else None


@dataclass(slots=True)
class ChainCookies:
    """The cookies of one chain of redirects; discarded with the chain.

    A cookie is sent only to the scheme, host and port that set it, whatever its Domain says, and
    only after the chain has requested a URL twice: no other redirect needs cookies.
    """

    _asked: set[str] = field(default_factory=set)
    _jars: dict[str, CookieJar] = field(default_factory=dict)
    _kept: int = 0
    _are_wanted: bool = False

    def for_request(self, url: str, origin: str) -> str | None:
        """The Cookie header for a request of `url`, whose scheme and authority are `origin`."""
        asked = url.partition("#")[0]
        self._are_wanted = self._are_wanted or asked in self._asked
        self._asked.add(asked)
        if not self._are_wanted or origin not in self._jars:
            return None
        request = Request(url)  # noqa: S310  never opened, and of a scheme that was checked
        self._jars[origin].add_cookie_header(request)
        cookies = request.get_header("Cookie")
        return cookies if cookies and len(cookies) <= MAX_COOKIE_BYTES else None

    def keep(self, url: str, origin: str, set_cookies: Sequence[str]) -> None:
        """Keep the cookies that the redirect of `url` has set."""
        answer = Message()
        for value in set_cookies:
            if self._kept < MAX_COOKIES and len(value) <= MAX_COOKIE_BYTES:
                self._kept += 1
                answer["Set-Cookie"] = value
        if "Set-Cookie" in answer:
            policy = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrict)
            jar = self._jars.setdefault(origin, CookieJar(policy))
            jar.extract_cookies(_Answer(answer), Request(url))  # type: ignore[arg-type]  # noqa: S310


@dataclass(frozen=True, slots=True)
class _Answer:
    """The part of a response that a CookieJar uses."""

    headers: Message

    def info(self) -> Message:
        return self.headers
