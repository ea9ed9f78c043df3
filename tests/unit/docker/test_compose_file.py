"""`docker-compose.yaml` says what the twin says, opens nothing to others, and has no secret."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import mysql, postgres
from local.airflow import ADMIN, Airflow
from local.compose import addresses
from local.compose.secret_files import secret_files
from local.credentials import Credentials
from local.folder import REPO, Folder
from local.provision import QUEUE
from local.settings import product_settings

FILE = REPO / "docker-compose.yaml"
DOCKERFILES = [REPO / "docker" / "Dockerfile", *REPO.glob("tests/compose/standins/*Dockerfile")]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text())["services"]
ONE_SHOTS = {"secrets", "setup", "airflow-migrate", "demo"}
AIRFLOW = [name for name in SERVICES if name.startswith("airflow-")]
SECRETS = Credentials()

each_service = pytest.mark.parametrize("name", SERVICES)
each_airflow = pytest.mark.parametrize("name", AIRFLOW)


def default(text: str) -> str:
    """The text as it is when no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def environment(name: str) -> dict[str, str]:
    return {key: default(str(value)) for key, value in SERVICES[name]["environment"].items()}


@each_airflow
def test_airflow_has_the_products_settings_of_the_function_and_no_others(name: str) -> None:
    aws = addresses.aws(SECRETS)
    expected = product_settings(
        queue_url=f"{aws.endpoint_url}/000000000000/{QUEUE}", covers_host=addresses.covers().host
    )
    its_own = ("AIRFLOW__", "PYTHONPATH", "AWS_EC2", "CONNECTION_CHECK", "BROWSER_S3_ENDPOINT")
    settings = {k: v for k, v in environment(name).items() if not k.startswith(its_own)}
    assert settings == expected


@each_airflow
def test_airflow_is_configured_as_in_the_twin(name: str, tmp_path: Path) -> None:
    twin = Airflow(Folder(tmp_path), 8080, SECRETS, "a-url")._core_environment()
    here = environment(name)
    secret = {key for key in twin if f"{key}_CMD" in here}
    assert secret == {
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
    }
    different = {key for key in twin.keys() - secret if here.get(key) != twin[key]}
    assert different == {
        "AIRFLOW_HOME",  # the image has it
        "PYTHONPATH",
        "AIRFLOW__CORE__DAGS_FOLDER",
        "AIRFLOW__CORE__PLUGINS_FOLDER",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__API__HOST",
    }
    assert here["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"{addresses.AIRFLOW_URL}/execution/"
    assert here["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"].startswith(f"{ADMIN}:")


def test_the_databases_have_the_options_of_the_twins() -> None:
    assert tuple(SERVICES["mysql"]["command"][1:]) == mysql.SERVER_OPTIONS
    assert SERVICES["postgres"]["command"][1:] == [
        f"--{name.replace('_', '-')}={value}" for name, value in postgres.SERVER_SETTINGS.items()
    ]
    assert SERVICES["postgres"]["environment"] == {
        "POSTGRES_USER": postgres.USER,
        "POSTGRES_DB": postgres.DATABASE,
        "POSTGRES_PASSWORD_FILE": "/run/postgres-secrets/password",
        "POSTGRES_INITDB_ARGS": " ".join(postgres.INITDB_OPTIONS),
    }


def test_what_the_set_up_calls_are_services_with_these_ports() -> None:
    servers = (addresses.aws(SECRETS), addresses.covers(), addresses.mysql(SECRETS))
    for server in servers:
        (published,) = SERVICES[server.host]["ports"]
        assert published.endswith(f":{server.port}")
    assert addresses.postgres(SECRETS).host in SERVICES
    assert addresses.AIRFLOW_URL == "http://airflow-api-server:8080"


@pytest.mark.parametrize("name", ["setup", "demo"])
def test_policies_and_numbers_are_those_of_the_deployment(name: str) -> None:
    mounts = SERVICES[name]["volumes"]
    assert "./deploy:/srv/cover-collage/deploy:ro" in mounts
    assert "./local:/srv/cover-collage/local:ro" in mounts


@each_airflow
def test_browsers_are_sent_to_the_published_port_of_aws(name: str) -> None:
    (published,) = SERVICES["aws"]["ports"]
    address = default(published).rpartition(":")[0]
    assert environment(name)["BROWSER_S3_ENDPOINT"] == f"http://{address}"


def test_each_port_is_open_on_this_machine_only_and_can_be_changed() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    defaults = [re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z]+_PORT:-(\d+)\}:\d+", p) for p in published]
    assert all(defaults), published
    assert len({match[1] for match in defaults if match}) == len(published) == 4


@each_service
def test_each_image_can_be_replaced_by_a_variable(name: str) -> None:
    assert re.fullmatch(r"\$\{[A-Z_]+_IMAGE:-[\w./-]+(:[\w.-]+)?\}", SERVICES[name]["image"])


def test_the_images_are_those_that_production_is_close_to() -> None:
    images = {default(service["image"]) for service in SERVICES.values()}
    lock = (REPO / "uv.lock").read_text()
    version = re.search(r'name = "apache-airflow"\nversion = "([^"]+)"', lock)
    assert version
    airflow = f"apache/airflow:{version[1]}-python3.12"
    assert images == {"postgres:17", "mysql:8.4", airflow, "cover-collage-local"}


@each_service
def test_the_checkout_is_mounted_read_only(name: str) -> None:
    mounts = [mount for mount in SERVICES[name].get("volumes", []) if mount.startswith(".")]
    writable = [mount for mount in mounts if not mount.endswith(":ro")]
    expected = [f"./{addresses.DEMO}:/srv/cover-collage/{addresses.DEMO}"] if name == "demo" else []
    assert writable == expected
    assert [m for m in mounts if m not in writable and not (REPO / m.split(":")[0]).exists()] == []


@pytest.mark.parametrize("name", [name for name in AIRFLOW if name not in ONE_SHOTS])
def test_airflow_runs_the_code_of_the_checkout(name: str) -> None:
    folders = {mount.split(":")[0] for mount in SERVICES[name]["volumes"]}
    assert folders > {"./dags", "./plugins", "./collage_core"}


@each_service
def test_every_server_has_a_health_check_and_what_ends_has_none(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check == {"disable": True} if name in ONE_SHOTS else check["test"][0] == "CMD"


def test_no_secret_is_in_the_file() -> None:
    for name, service in SERVICES.items():
        for key in service.get("environment", {}):
            if re.search(r"PASSWORD|SECRET_?KEY|JWT_SECRET|FERNET|CONN\b", key):
                assert re.search(r"_FILE$|_CMD$|^MYSQL_RANDOM_ROOT_PASSWORD$", key), (name, key)


def test_every_secret_that_a_service_reads_is_written_for_it() -> None:
    written = {*secret_files(SECRETS), "airflow/connections.json"}
    text = FILE.read_text()
    read = set(re.findall(r"/run/(airflow|postgres)-secrets/([\w.-]+)", text))
    read |= {("mysql", name) for name in re.findall(r"initdb\.d/([\w.]+)", text)}
    assert {"/".join(pair) for pair in read} | {"mysql/covers.sql"} == written


@each_service
def test_no_service_sees_the_secrets_of_another(name: str) -> None:
    volumes = {m.split(":")[0] for m in SERVICES[name].get("volumes", []) if "secrets" in m}
    allowed = {
        "secrets": {"postgres-secrets", "mysql-secrets", "airflow-secrets"},
        "postgres": {"postgres-secrets"},
        "mysql": {"mysql-secrets"},
        "setup": {"airflow-secrets"},
    }
    assert volumes == allowed.get(name, {"airflow-secrets"} if name in AIRFLOW else set())


def test_one_version_of_uv_is_named_everywhere() -> None:
    named = re.search(r"UV_VERSION=([\d.]+)", (REPO / "local" / "setup.sh").read_text())
    assert named
    texts = [path.read_text() for path in DOCKERFILES]
    assert {version for text in texts for version in re.findall(r"uv==([\d.]+)", text)} == {
        named[1]
    }


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_no_dockerfile_needs_a_frontend_from_a_registry(path: Path) -> None:
    assert not re.match(r"#\s*syntax", path.read_text())


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_hadolint_finds_nothing(path: Path) -> None:
    hadolint = shutil.which("hadolint", path=REPO / ".venv" / "bin")
    if hadolint is None:
        pytest.skip("no hadolint: `make setup` installs it")
    command = [hadolint, "--config", str(REPO / "docker" / "hadolint.yaml"), str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (result.returncode, result.stdout) == (0, "")


def test_compose_understands_the_file() -> None:
    docker = shutil.which("docker")
    has_compose = (
        docker
        and not subprocess.run(  # noqa: S603
            [docker, "compose", "version"], capture_output=True, check=False
        ).returncode
    )
    if not docker or not has_compose:
        pytest.skip("no `docker compose` here")
    command = [docker, "compose", "--file", str(FILE), "--profile", "demo", "config", "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (result.returncode, result.stderr) == (0, "")
