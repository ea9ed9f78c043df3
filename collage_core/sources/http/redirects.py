"""Where a redirect leads, and the cookies that a chain of them may ask to have back.

Some hosts answer the first request with a cookie and a redirect to the very same URL, and give
the picture to whoever brings the cookie along. Without it the chain never ends.
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
"""Of one chain. Those that are seen ask for one or two."""

MAX_COOKIE_BYTES = 4096
"""Of one Set-Cookie header, and of all that are sent together. RFC 6265, section 6.1, names the
first as what every browser takes."""


def redirect_target(url: str, locations: Sequence[str]) -> str | None:
    """Where an answer for `url` leads, by its Location headers as http.client gives them.

    None when that is no URL of a cover, or when two of them lead to different places.
    """
    if len(set(locations)) != 1:
        return None
    try:
        # http.client reads headers as Latin-1; what servers send is UTF-8.
        location = locations[0].encode("latin-1").decode("utf-8").replace(" ", "%20")
        # Not joined when there is nothing to join: that would drop an empty query's "?".
        target = location if is_cover_url(location) else urljoin(url, location)
    except ValueError:
        return None
    return target if location and is_cover_url(target) else None


@dataclass(slots=True)
class ChainCookies:
    """What the hosts of one chain of redirects have set; dropped with the chain.

    A cookie is sent to the scheme, host and port that set it only, whatever its Domain says, and
    only once the chain asks for a URL again: no other redirect needs one.
    """

    _asked: set[str] = field(default_factory=set)
    _jars: dict[str, CookieJar] = field(default_factory=dict)
    _kept: int = 0
    _are_wanted: bool = False

    def for_request(self, url: str, origin: str) -> str | None:
        """The Cookie header to ask for `url` with, whose scheme and authority are `origin`."""
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
        """Remember what the redirect that `url` was answered with has set."""
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
    """As much of a response as a CookieJar looks at."""

    headers: Message

    def info(self) -> Message:
        return self.headers
