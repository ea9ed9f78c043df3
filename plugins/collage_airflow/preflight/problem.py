"""A problem that would make a run fail, or may be one, as a line for a person."""

from dataclasses import dataclass

_FIXES = {
    "NoRegionError": "set region_name in the extra of the AWS connection, or AWS_DEFAULT_REGION",
    "NoCredentialsError": "set login and password of the AWS connection to a key and its secret",
    "PartialCredentialsError": "set both login and password of the AWS connection",
    "ImportError": "install the package that is named on every worker",
    "ModuleNotFoundError": "install the package that is named on every worker",
    "AirflowOptionalProviderFeatureException": "install the package that is named",
}
"""By the name of the error's type, because the package that defines it may be the missing one."""

_OF_A_WRONG_VALUE = (
    *(TypeError, AttributeError, ValueError, LookupError, ImportError, NotImplementedError),
)
"""A retry would raise these again. After any other error it may succeed: for example, Airflow's own
API may not have answered."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that would make a run fail, or one to be warned of."""

    line: str
    may_pass: bool
    """Whether a later try may succeed, because a server did not answer."""
    blocks: bool = True
    """Whether the run would fail. Otherwise it is only a warning."""


def one_line(text: str) -> str:
    """A message without line breaks, which a server's (it quotes the SQL) and boto's have."""
    return " ".join(text.split())


def unusable(thing: str, error: Exception, conn_id: str) -> Problem:
    """A problem that no probe expects: most often a wrong value in a field of a connection."""
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    is_final = type(error).__name__ in _FIXES or isinstance(error, _OF_A_WRONG_VALUE)
    fix = _FIXES.get(type(error).__name__, f"correct connection {conn_id}")
    said = redact(one_line(str(error)))
    return Problem(
        f"{thing} cannot be asked with connection {conn_id} ({type(error).__name__}: {said}): "
        f"{fix}",
        may_pass=not is_final,
    )
