"""The field of contenders: what each is called, how it is started, what it needs."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from benchmarks.collage.load import Load
from collage_core.contract.config import CONFIG_BOUNDS, ProcessingConfig
from local.folder import REPO, TOOLS

_PROGRAMS = "benchmarks.collage.contenders"
_NODE_MODULES = TOOLS / "sharp" / "node_modules"
_IMG2DATASET = TOOLS / "img2dataset" / "bin" / "python"
_INSTALL = "`make benchmark-collage` installs it"

USUAL, BOUND, LIMIT, IMG2DATASET = "usual", "bound", "limit", "img2dataset"
DOWNLOADS = (ProcessingConfig().max_workers, CONFIG_BOUNDS["max_workers"][1])
"""In flight at a time: as the core has it when nothing else is said, and the most it takes."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to make collages of a load, or a part of that work."""

    name: str
    title: str
    command: Callable[[Load], Sequence[str]]
    pictures: str | None = None
    """The files that it leaves in the load's output folder, as a glob; None if it leaves none."""
    makes_cells: bool = False
    """Whether they are cells, one for each cover, and not collages."""
    has_what_it_needs: bool = True
    to_get_it: str = ""
    """What a user is told who lacks that."""
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Variables of its process."""
        return {**os.environ, "PYTHONPATH": str(REPO), **self.env}


def everyone() -> list[Contender]:
    """The whole field, and the lines that it is measured by."""
    return [usual_script(), *map(ours, DOWNLOADS), *peers(), *lines()]


def ours(downloads: int, *options: str) -> Contender:
    """The command line of the core."""

    def command(load: Load) -> Sequence[str]:
        return [
            *_python("command_line"),
            str(load.csv),
            *("--out", str(load.output), "--allow-host", "127.0.0.1"),
            *("--max-workers", str(downloads), *options),
        ]

    return Contender(
        f"ours-{downloads}",
        f"collage_core, {downloads} downloads",
        command,
        pictures="collages/manual/*_collage_*.jpg",
    )


def worker(name: str, *, chunk_rows: int, rows: int, cols: int, downloads: int) -> Contender:
    """The core as Lambda runs it, chunk by chunk."""
    numbers = [str(number) for number in (chunk_rows, rows, cols, downloads)]
    return Contender(name, name, lambda load: [*_python("worker"), str(load.csv), *numbers])


def usual_script() -> Contender:
    """What everything is compared with."""
    return Contender(USUAL, "usual script, 8 downloads", _script("usual_script"), pictures="*.jpg")


def peers() -> list[Contender]:
    """What a user would pick instead."""
    return [
        Contender(
            "montage",
            "ImageMagick montage",
            _script("montage_script"),
            pictures="*.jpg",
            has_what_it_needs=shutil.which("montage") is not None,
            to_get_it="install Debian's package imagemagick",
        ),
        Contender(
            "sharp",
            "sharp",
            _sharp,
            pictures="*.jpg",
            has_what_it_needs=shutil.which("node") is not None
            and (_NODE_MODULES / "sharp").is_dir(),
            to_get_it=f"it needs Node.js; {_INSTALL}",
            env={"NODE_PATH": str(_NODE_MODULES)},
        ),
        Contender(
            "pyvips",
            "pyvips",
            _script("vips_script"),
            pictures="*.jpg",
            has_what_it_needs=find_spec("pyvips") is not None,
            to_get_it=_INSTALL,
            # Creators share the cores already: more threads each only cost it, in CPU and memory.
            env={"VIPS_CONCURRENCY": "1"},
        ),
        Contender(
            IMG2DATASET,
            "img2dataset, cells only",
            _script("img2dataset_script", python=str(_IMG2DATASET)),
            pictures="covers/**/*.jpg",
            makes_cells=True,
            has_what_it_needs=_IMG2DATASET.exists(),
            to_get_it=_INSTALL,
            # Else one of its libraries asks the network for its newest version.
            env={"NO_ALBUMENTATIONS_UPDATE": "1"},
        ),
    ]


def lines() -> list[Contender]:
    """Not contenders but what they are measured by: the bound and the limit."""
    return [
        Contender(BOUND, "bound: the core's own, in memory", _in_memory(BOUND)),
        Contender(
            LIMIT,
            "limit: libjpeg-turbo, in memory",
            _in_memory(LIMIT),
            has_what_it_needs=find_spec("simplejpeg") is not None,
            to_get_it=_INSTALL,
        ),
    ]


def _python(program: str, python: str = sys.executable) -> list[str]:
    return [python, "-m", f"{_PROGRAMS}.{program}"]


def _script(program: str, python: str = sys.executable) -> Callable[[Load], Sequence[str]]:
    return lambda load: [*_python(program, python), str(load.csv), str(load.output)]


def _sharp(load: Load) -> Sequence[str]:
    script = Path(__file__).with_name("contenders") / "sharp_script.cjs"
    return ["node", str(script), str(load.csv), str(load.output)]


def _in_memory(kind: str) -> Callable[[Load], Sequence[str]]:
    return lambda load: [*_python("in_memory"), kind, str(load.files), str(load.creators)]
