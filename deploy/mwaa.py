"""`python -m deploy.mwaa`: the three files that MWAA takes, with the same bytes at every build.

- `plugins.zip`: the plugin, `collage_airflow`, `collage_core` and an `.airflowignore` that names
  the two packages.
- `requirements.txt`: what MWAA installs on top of its image.
- `startup.sh`: exports the settings to all of Airflow's processes.

`deploy/README.md` says where they go.
"""

import argparse
import hashlib
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.errors import DeployError
from deploy.reproducible_zip import write_zip
from deploy.settings_file import MUST_BE_SET, SETTINGS_ENV, read_settings_file

_REPO = Path(__file__).resolve().parents[1]

_STARTUP = """\
#!/usr/bin/env bash
# MWAA runs this at each start of a scheduler, worker, triggerer or web server, and passes the
# exported variables on to Airflow. Written by `make package-mwaa`: change the settings there.
"""


def build(out: Path, settings: Mapping[str, str]) -> list[Path]:
    """Write the three files into the folder `out` and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    plugins, requirements, startup = (
        out / name for name in ("plugins.zip", "requirements.txt", "startup.sh")
    )
    write_zip(plugins, plugin_files(_REPO))
    requirements.write_bytes((_REPO / "requirements.txt").read_bytes())
    startup.write_text(startup_script(settings))
    return [plugins, requirements, startup]


def plugin_files(repo: Path) -> dict[str, Path]:
    """The files in `plugins.zip`, by their names in it.

    MWAA puts the folder of plugins on Python's path, so that all of Airflow's processes find both
    packages. The triggerer finds them nowhere else: DAG folders are not on its path.
    """
    plugins = repo / "plugins"
    ignore_file = plugins / ".airflowignore"
    packages = {plugins / "collage_airflow": plugins, repo / "collage_core": repo}
    files = {
        path.relative_to(root).as_posix(): path
        for package, root in packages.items()
        for path in package.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    registered = {path.name: path for path in plugins.glob("*.py")}
    return {ignore_file.name: ignore_file, **registered, **files}


def startup_script(settings: Mapping[str, str]) -> str:
    """A script of bash that exports `settings`."""
    exports = [f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()]
    return "".join([_STARTUP, *exports])


def _main() -> None:
    options = _options()
    try:
        settings = read_settings_file(options.settings)
        written = build(options.out, settings)
    except DeployError as error:
        sys.exit(str(error))
    except OSError as error:
        # A failed write does not name its file.
        sys.exit(f"{error.filename or options.out}: {error.strerror}")
    for path in written:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path}: {path.stat().st_size:,} bytes, sha256 {digest}")  # noqa: T201
    if MUST_BE_SET not in settings:
        print(  # noqa: T201
            f"{MUST_BE_SET} is not set in {options.settings}: without it, `check` ends each run",
            file=sys.stderr,
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.mwaa",
        description="Write plugins.zip, requirements.txt and startup.sh for MWAA.",
    )
    parser.add_argument(
        "--settings", type=Path, default=SETTINGS_ENV, help="(default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, default=_REPO / "dist" / "mwaa")
    return parser.parse_args()


if __name__ == "__main__":
    _main()
