"""One signing scheme: a row of the tables `platforms`, `clouds` and `cdns`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

UNIX_TIME = r"[1-9][0-9]{9}(?:[0-9]{3})?"
"""In seconds or milliseconds."""

ISO_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T(?:[0-9:.Z]|%3A)*)?"
MD5 = r"[0-9a-fA-F]{32}"
JWS = r"[\w-]+\.[\w-]+\.[\w-]+"  # RFC 7515, section 7.1
MAC = r"(?:[\w+/=~.-]|%[0-9A-F]{2}){16,}"
"""Long enough for a signature: a short value such as `sign=leo` may name a picture."""

HAS_EXTENSION = r"\.[A-Za-z0-9]{2,5}$"
"""A path that names a file. In `/download?token=…` only the token may name it."""

_TIME = re.compile(UNIX_TIME)


class Parameter(NamedTuple):
    """A parameter of a query, in the percent-encoding of the query."""

    name: str
    value: str
    plain_name: str
    """The name as schemes have it: in lower case."""


def parameters_of(query: str) -> Iterator[Parameter]:
    """The parameters of a query, in their order."""
    # As in the URL Standard, "application/x-www-form-urlencoded parsing": `;` is not a separator,
    # `x` and `x=` are the same, and `&&` has no parameter in between.
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            # URLs that were copied from a page's source have `&amp;`.
            yield Parameter(name, value, name.lower().removeprefix("amp;"))


@dataclass(frozen=True, slots=True)
class SigningScheme:
    """How URLs of one family are signed. Names of parameters are in lower case."""

    family: str
    source: str
    """Where the names of the parameters come from."""
    required: dict[str, re.Pattern[str] | None]
    """The parameters that a signed URL must have, and the pattern of each value.

    None: any value that is not empty. The scheme is looked up by the first name.
    """
    signature: frozenset[str]
    """All parameters that change when the URL is signed again."""
    prefixes: tuple[str, ...]
    """Parameters whose names begin so change as well."""
    times: frozenset[str]
    """Parameters that change as well if their value is a Unix time."""
    where: re.Pattern[str] | None
    """A pattern to be found in host and path; None: any location."""
    path_alone: bool
    """Whether the path alone names the picture, without the host and the other parameters."""

    def has_signed(self, location: str, values: dict[str, str]) -> bool:
        """Whether a URL is signed with this scheme.

        `location` is its host and path; `values` are its parameters by plain name.
        """
        if self.where and not self.where.search(location):
            return False
        for name, pattern in self.required.items():
            value = values.get(name)
            if value is None or not (pattern.fullmatch(value) if pattern else value):
                return False
        return True

    def changes(self, parameter: Parameter) -> bool:
        """Whether the parameter changes when the URL is signed again."""
        name = parameter.plain_name
        return (
            name in self.signature
            or (bool(self.prefixes) and name.startswith(self.prefixes))
            or (name in self.times and bool(_TIME.fullmatch(parameter.value)))
        )


def scheme(  # noqa: PLR0913 - a row of the table
    family: str,
    source: str,
    *,
    required: str,
    also: str = "",
    prefixes: tuple[str, ...] = (),
    times: str = "",
    values: dict[str, str] | None = None,
    where: str = "",
    path_alone: bool = False,
) -> SigningScheme:
    """A row of the table. Names are separated by blanks; patterns are regular expressions.

    `also` are further parameters of the signature, and `values` patterns of required ones.
    """
    patterns = {name: re.compile(value, re.ASCII) for name, value in (values or {}).items()}
    return SigningScheme(
        family=family,
        source=source,
        required={name: patterns.get(name) for name in required.split()},
        signature=frozenset(f"{required} {also}".split()),
        prefixes=prefixes,
        times=frozenset(times.split()),
        where=re.compile(where) if where else None,
        path_alone=path_alone,
    )
