"""The two files of an environment, and what is said when they cannot be used."""

import shutil
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.release.environment import MODULE, Environment
from deploy.release.new_environment import write_missing_files


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A folder `terraform/` with nothing but the example."""
    folder = tmp_path / "terraform"
    (folder / "environments").mkdir(parents=True)
    for suffix in ("tfvars", "tfbackend"):
        shutil.copy(MODULE / "environments" / f"example.{suffix}", folder / "environments")
    return folder


def make(module: Path, name: str = "staging", prefix: str | None = "acme-staging-") -> list[str]:
    said: list[str] = []
    write_missing_files(name, prefix=prefix, region="eu-west-1", say=said.append, module=module)
    return said


def test_a_new_environment_has_the_names_that_it_was_given(module: Path) -> None:
    assert make(module) == [
        "wrote terraform/environments/staging.tfvars, from example.tfvars",
        "wrote terraform/environments/staging.tfbackend, from example.tfbackend",
    ]
    found = Environment.read("staging", module)
    assert found.prefix == "acme-staging-"
    assert found.region == found.state_region == "eu-west-1"
    assert found.state_bucket == "acme-staging-cover-collage-states"
    assert found.function_name == "acme-staging-collage-worker"
    assert 'environment = "staging"\n' in found.variables.read_text()


def test_files_that_are_there_stay_and_need_no_prefix(module: Path) -> None:
    make(module)
    variables = module / "environments" / "staging.tfvars"
    variables.write_text('prefix = "mine-"\nregion = "us-east-1" # here\n')
    assert make(module, prefix=None) == []
    found = Environment.read("staging", module)
    assert (found.prefix, found.region) == ("mine-", "us-east-1")


def test_a_plan_writes_no_file(module: Path) -> None:
    write_missing_files(
        "staging", prefix="a-", region="eu-west-1", say=[].append, plan_only=True, module=module
    )
    names = sorted(path.name for path in (module / "environments").iterdir())
    assert names == ["example.tfbackend", "example.tfvars"]


def test_a_missing_environment_names_the_command_that_makes_it(module: Path) -> None:
    with pytest.raises(DeployError) as refused:
        Environment.read("staging", module)
    assert str(refused.value) == (
        "there is no terraform/environments/staging.tfvars: run `scripts/setup_infrastructure.sh "
        "staging --prefix acme-staging-`, with a prefix of your own"
    )
    make(module)
    Environment.read("staging", module)


@pytest.mark.parametrize(
    "name",
    ["terraform.tfvars", "terraform.tfvars.json", "mine.auto.tfvars", "mine.auto.tfvars.json"],
)
def test_variables_for_every_environment_are_refused(module: Path, name: str) -> None:
    make(module)
    for_all = module / name
    for_all.write_text("")
    with pytest.raises(DeployError, match=f"^terraform/{name} would count for every"):
        Environment.read("staging", module)
    for_all.unlink()
    Environment.read("staging", module)


@pytest.mark.parametrize(
    "text",
    [
        "",
        '  prefix = "of-an-object-"\n',
        'prefix = "${var.other}-"\n',
        'prefix = "%{ if true }acme-%{ endif }"\n',
    ],
)
def test_a_value_that_is_missing_is_named_with_a_line_that_works(module: Path, text: str) -> None:
    make(module)
    variables = module / "environments" / "staging.tfvars"
    variables.write_text(f'region = "us-east-1"\n{text}')
    with pytest.raises(DeployError, match="has no prefix: give it a line that begins") as refused:
        Environment.read("staging", module)
    line = str(refused.value).partition("begins so: ")[2]
    variables.write_text(f'region = "us-east-1"\n{line}\n')
    assert Environment.read("staging", module).prefix == "acme-staging-"


def test_the_prefix_of_another_environment_is_refused(module: Path) -> None:
    """Both would have one state, and what is deployed to one would be live in the other."""
    make(module, name="production", prefix="acme-")
    with pytest.raises(DeployError, match=r"that of terraform/environments/production.tfvars"):
        make(module, prefix="acme-")
    assert not (module / "environments" / "staging.tfvars").exists()
    make(module)
    (module / "environments" / "staging.tfvars").write_text('prefix = "acme-"\n')
    with pytest.raises(DeployError, match=r"give staging another one, such as acme-staging-$"):
        Environment.read("staging", module)


def test_the_prefix_that_is_proposed_is_taken_whatever_the_name(module: Path) -> None:
    name = "x" * 25
    with pytest.raises(DeployError) as refused:
        make(module, name=name, prefix=None)
    proposed = str(refused.value).partition("--prefix ")[2].partition(",")[0]
    make(module, name=name, prefix=proposed)
    assert Environment.read(name, module).prefix == proposed


@pytest.mark.parametrize("name", ["example", "", "Staging", "../staging", "a b", "x" * 26])
def test_a_name_that_no_environment_can_have_is_refused(module: Path, name: str) -> None:
    with pytest.raises(DeployError, match="such as staging, but not example"):
        make(module, name=name)


@pytest.mark.parametrize(
    ("prefix", "line"),
    [
        (None, "give the environment a prefix with --prefix acme-staging-"),
        ("Acme-", "--prefix is 'Acme-'"),
        ("acme", "--prefix is 'acme'"),
        ("a" * 31 + "-", "give at most 31 lower-case letters"),
    ],
)
def test_a_prefix_that_no_bucket_can_have_is_refused(
    module: Path, prefix: str | None, line: str
) -> None:
    with pytest.raises(DeployError, match=line):
        make(module, prefix=prefix)


def test_a_region_that_is_none_is_refused(module: Path) -> None:
    with pytest.raises(DeployError, match="--region is 'Ohio'"):
        write_missing_files("staging", prefix="a-", region="Ohio", say=[].append, module=module)
