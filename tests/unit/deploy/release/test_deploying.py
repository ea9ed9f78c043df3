"""What a deployment says and moves, whatever the function and Terraform answer."""

import hashlib
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import DeployError
from deploy.limits import read_limits
from deploy.release import deploying, rolling_back
from deploy.release.deploying import deploy
from deploy.release.environment import MODULE, Environment
from deploy.release.errors import BrokenVersionError, TerraformError
from deploy.release.function import Live
from deploy.release.rolling_back import roll_back
from deploy.settings_file import read_settings_file
from tests.support.failures import Where, failure

HERE = Environment(
    "staging",
    variables=Path("staging.tfvars"),
    backend=Path("staging.tfbackend"),
    prefix="acme-",
    region="us-east-1",
    state_bucket="states",
    state_region="us-east-1",
)


@dataclass
class Account:
    """A function and its versions, and what Terraform does to them."""

    live_version: int | None
    published_versions: list[int]
    publishes: int | None = None
    """Terraform publishes this version."""
    broken: set[int] = field(default_factory=set)
    fails: TerraformError | None = None
    """Terraform ends with it, after it has published."""
    moves_to: int | None = None
    """Somebody else moves the alias there, or Terraform makes it, while Terraform applies."""
    did: list[str] = field(default_factory=list)

    name = "acme-collage-worker"

    # As Function.

    def live(self) -> Live | None:
        return None if self.live_version is None else Live(self.live_version, "now")

    def versions(self) -> list[int]:
        return self.published_versions

    def ask(self, version: int) -> None:
        self.did.append(f"ask {version}")
        if version in self.broken:
            raise BrokenVersionError(version, "no queue")

    def move(self, live: Live, version: int) -> None:
        self.did.append(f"move {live.version} {version}")
        self.live_version = version

    # As Terraform.

    def init(self) -> None:
        self.did.append("init")

    def plan(self) -> None:
        self.did.append("plan")

    def apply(self) -> None:
        self.did.append("apply")
        if self.publishes is not None:
            self.published_versions.append(self.publishes)
        self.live_version = self.moves_to or self.live_version
        if self.fails:
            raise self.fails
        if self.live_version is None:
            self.live_version = self.published()

    def published(self) -> int:
        return self.published_versions[-1]


def deployed(account: Account, monkeypatch: pytest.MonkeyPatch, *, plan_only: bool = False) -> str:
    monkeypatch.setattr(deploying, "_package", lambda _: account.did.append("package"))
    monkeypatch.setattr(deploying, "Terraform", lambda _: account)
    monkeypatch.setattr(deploying.Function, "connect", lambda *_: account)
    return deploy(HERE, [].append, plan_only=plan_only)


def rolled_back(
    account: Account, monkeypatch: pytest.MonkeyPatch, version: str, **options: Any
) -> str:
    monkeypatch.setattr(rolling_back.Function, "connect", lambda *_: account)
    return roll_back(HERE, version, **{"plan_only": False, **options})


def test_a_new_version_is_asked_and_then_live(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(2, [1, 2], publishes=3)
    assert deployed(account, monkeypatch) == "version 3 is live (before: 2)"
    assert account.did == ["init", "package", "apply", "ask 3", "move 2 3"]


def test_the_first_version_is_live_where_terraform_made_the_alias(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account(None, [], publishes=1)
    assert deployed(account, monkeypatch) == "version 1 is live (before: none)"


def test_it_is_said_when_nothing_new_was_published(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(2, [1, 2])
    said = deployed(account, monkeypatch)
    assert said == "nothing new was published: version 2 is live, as before"
    assert "move" not in " ".join(account.did)


def test_the_version_before_is_named_where_somebody_else_has_moved_it_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Busy(Account):
        def apply(self) -> None:
            super().apply()
            self.live_version = self.published()

    account = Busy(2, [1, 2], publishes=3)
    assert deployed(account, monkeypatch) == "version 3 is live (before: 2)"
    assert "move" not in " ".join(account.did)


def test_an_alias_that_was_deleted_meanwhile_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deleted(Account):
        def apply(self) -> None:
            super().apply()
            self.live_version = None

    with pytest.raises(DeployError, match=r"acme-collage-worker has no alias: .* deploy again$"):
        deployed(Deleted(2, [1, 2]), monkeypatch)


def test_what_is_packaged_is_what_terraform_uploads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    built: dict[Path, object] = {}
    zip_file, said = tmp_path / "collage_lambda.zip", list[str]()

    def build(path: Path, *, arch: str) -> None:
        path.write_bytes(b"a zip")
        built[path] = arch

    monkeypatch.setattr(deploying.lambda_zip, "OUT", zip_file)
    monkeypatch.setattr(deploying.lambda_zip, "build", build)
    monkeypatch.setattr(deploying.mwaa, "build", built.__setitem__)
    deploying._package(said.append)
    variables = (MODULE / "variables_mwaa.tf").read_text()
    (folder,) = re.findall(r'files += optional\(string, "(.*)"\)', variables)
    assert built == {
        zip_file: read_limits().function.architecture,
        (MODULE / folder).resolve(): read_settings_file(),
    }
    digest = hashlib.sha256(b"a zip").hexdigest()
    assert said == [f"packaged collage_lambda.zip, sha256 {digest}"]


def test_wheels_that_cannot_be_installed_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(2, "uv")

    monkeypatch.setattr(deploying.lambda_zip, "build", build)
    with pytest.raises(DeployError, match=r"^uv could not install the wheels \(exit 2\)$"):
        deploying._package([].append)


def test_after_a_rollback_the_same_checkout_is_live_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deployed(Account(1, [1, 2]), monkeypatch) == "version 2 is live (before: 1)"


def test_a_plan_applies_and_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(2, [1, 2], publishes=3)
    said = deployed(account, monkeypatch, plan_only=True)
    assert said == "nothing was changed in staging: this was only a plan"
    assert account.did == ["init", "package", "plan"]


@pytest.mark.parametrize(("live", "goes_on"), [(2, "2 goes on"), (None, "nothing is live yet")])
def test_a_version_that_terraform_finds_broken_is_named_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, live: int | None, goes_on: str
) -> None:
    error = TerraformError("Terraform failed: its error is above", at_self_check=True)
    account = Account(live, [1, 2], publishes=3, broken={3}, fails=error)
    with pytest.raises(DeployError) as refused:
        deployed(account, monkeypatch)
    assert str(refused.value) == f"version 3 does not work: no queue; {goes_on}"
    assert account.live_version == live


def test_a_version_that_breaks_after_terraform_has_asked_it_is_not_live(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account(2, [1, 2], publishes=3, broken={3})
    with pytest.raises(DeployError, match=r"^version 3 does not work: no queue; 2 goes on$"):
        deployed(account, monkeypatch)
    assert account.live_version == 2


@failure(
    Where.DEPLOYMENT,
    fault="Terraform can make all of a release but something that has nothing to do with it",
    happens="what can be made is made; the function is as it was",
    sees='`make deploy`: the error of Terraform, then "Terraform failed: …; 2 goes on"',
    fix="fix that, and deploy again",
)
@pytest.mark.parametrize("at_self_check", [True, False])
def test_another_error_of_terraform_is_not_the_versions_fault(
    monkeypatch: pytest.MonkeyPatch, at_self_check: bool
) -> None:
    error = TerraformError("Terraform failed: its error is above", at_self_check=at_self_check)
    broken = set() if at_self_check else {3}
    account = Account(2, [1, 2, 3], broken=broken, fails=error)
    with pytest.raises(DeployError, match=r"^Terraform failed: its error is above; 2 goes on$"):
        deployed(account, monkeypatch)


def test_what_somebody_else_has_moved_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(2, [1, 2], publishes=3, moves_to=1)
    with pytest.raises(DeployError) as refused:
        deployed(account, monkeypatch)
    assert str(refused.value) == (
        "somebody else has moved `live` of acme-collage-worker meanwhile: 1 is live; if that is "
        "not to stay, try again"
    )
    assert account.live_version == 1
    account.moves_to = account.publishes = None
    assert deployed(account, monkeypatch) == "version 3 is live (before: 1)"


def test_an_alias_that_was_made_before_terraform_failed_is_live(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account(None, [], publishes=1, moves_to=1, fails=TerraformError("Terraform failed"))
    with pytest.raises(DeployError, match=r"^Terraform failed; 1 goes on$"):
        deployed(account, monkeypatch)


def test_an_older_version_is_asked_and_then_live(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(3, [1, 2, 3])
    assert rolled_back(account, monkeypatch, "2") == "version 2 is live (before: 3)"
    assert account.did == ["ask 2", "move 3 2"]


def test_a_plan_of_a_rollback_asks_and_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(3, [1, 2, 3])
    said = rolled_back(account, monkeypatch, "2", plan_only=True)
    assert said == "version 2 answers, and would be live (now: 3)"
    assert account.did == ["ask 2"]


@pytest.mark.parametrize(
    ("account", "version", "line"),
    [
        (Account(3, [1, 2, 3]), "3", "version 3 is live already: besides, there are 1, 2"),
        (Account(1, [1]), "1", "version 1 is live already: besides, there is no other"),
        (
            Account(3, [1, 2, 3]),
            "12",
            (
                "there is no version '12' of acme-collage-worker: besides 3, which is live, there "
                "are 1, 2"
            ),
        ),
        (
            Account(1, [1]),
            "",
            "name a version: besides 1, which is live, there is no other",
        ),
        (
            Account(3, [1, 2, 3], broken={2}),
            "2",
            "version 2 does not work: no queue; 3 goes on",
        ),
        (
            Account(None, []),
            "2",
            (
                "there is no acme-collage-worker with an alias in us-east-1: deploy it with `make "
                "deploy ENV=staging`"
            ),
        ),
    ],
    ids=["live", "live and alone", "unknown", "none given", "broken", "nothing deployed"],
)
def test_a_rollback_that_cannot_be_is_one_line(
    monkeypatch: pytest.MonkeyPatch, account: Account, version: str, line: str
) -> None:
    before = account.live_version
    with pytest.raises(DeployError) as refused:
        rolled_back(account, monkeypatch, version)
    assert str(refused.value) == line
    assert account.live_version == before
