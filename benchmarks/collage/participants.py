"""Who takes part: what each contender is called, how it is started, what it needs."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.collage.load import Load
from benchmarks.harness.contender import Contender, python_module
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.options import OPTIONS
from local.folder import TOOLS

_PROGRAMS = "benchmarks.collage.contenders"
_NODE_MODULES = TOOLS / "sharp" / "node_modules"
_IMG2DATASET = TOOLS / "img2dataset" / "bin" / "python"
_INSTALL = "`make benchmark-collage` installs it"

USUAL, BOUND, LIMIT, IMG2DATASET = "usual", "bound", "limit", "img2dataset"
DOWNLOADS = (ProcessingConfig().max_workers, OPTIONS["max_workers"].most)
"""Simultaneous downloads: the core's default, and its maximum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollageContender(Contender[Load]):
    """One way to make collages of a load, or a part of that work."""

    name: str
    """Names it on the command line and in the JSON."""
    pictures: str | None = None
    """A glob of the files that it leaves in the load's output folder; None if it leaves none."""
    makes_cells: bool = False
    """Whether these are cells, one for each cover, and not collages."""
    missing: str | None = None
    """What a user has to install before it can run; None if it can."""


def everyone() -> list[CollageContender]:
    """All contenders, and the reference lines that they are compared with."""
    return [usual_script(), *map(ours, DOWNLOADS), *peers(), *reference_lines()]


def ours(downloads: int, *options: str) -> CollageContender:
    """The command line of the core."""

    def command(load: Load) -> Sequence[str]:
        return [
            *_python("command_line"),
            str(load.csv),
            *("--out", str(load.output), "--allow-host", "127.0.0.1"),
            *("--max-workers", str(downloads), *options),
        ]

    return CollageContender(
        f"collage_core, {downloads} downloads",
        command,
        name=f"ours-{downloads}",
        pictures="collages/manual/*_collage_*.jpg",
    )


def worker(name: str, *, chunk_rows: int, rows: int, cols: int, downloads: int) -> CollageContender:
    """The core as Lambda runs it, chunk by chunk."""
    numbers = [str(number) for number in (chunk_rows, rows, cols, downloads)]
    return CollageContender(
        name, lambda load: [*_python("worker"), str(load.csv), *numbers], name=name
    )


def kept_worker(
    kind: str, packs: Path, downloads: int, environment: Mapping[str, str]
) -> CollageContender:
    """The worker with a temp bucket, which the environment names: see `kept`."""

    def command(load: Load) -> Sequence[str]:
        return [*_python("kept_worker"), kind, str(load.csv), str(packs), str(downloads)]

    titles = {"fetch": "fetched", "keep": "fetched and kept", "kept": "from packs"}
    return CollageContender(titles[kind], command, name=kind, environment=environment)


def usual_script() -> CollageContender:
    """The script that all others are compared with."""
    return CollageContender(
        "usual script, 8 downloads", _script("usual_script"), name=USUAL, pictures="*.jpg"
    )


def peers() -> list[CollageContender]:
    """What a user would pick instead of the core."""
    return [
        CollageContender(
            "ImageMagick montage",
            _script("montage_script"),
            name="montage",
            pictures="*.jpg",
            missing=_unless(
                shutil.which("montage") is not None, "install Debian's package imagemagick"
            ),
        ),
        CollageContender(
            "sharp",
            _sharp,
            name="sharp",
            pictures="*.jpg",
            missing=_unless(
                shutil.which("node") is not None and (_NODE_MODULES / "sharp").is_dir(),
                f"it needs Node.js; {_INSTALL}",
            ),
            environment={"NODE_PATH": str(_NODE_MODULES)},
        ),
        CollageContender(
            "pyvips",
            _script("vips_script"),
            name="pyvips",
            pictures="*.jpg",
            missing=_unless(find_spec("pyvips") is not None, _INSTALL),
            # Creators share the cores already: more threads each only cost it, in CPU and memory.
            environment={"VIPS_CONCURRENCY": "1"},
        ),
        CollageContender(
            "img2dataset, cells only",
            _script("img2dataset_script", python=str(_IMG2DATASET)),
            name=IMG2DATASET,
            pictures="covers/**/*.jpg",
            makes_cells=True,
            missing=_unless(_IMG2DATASET.exists(), _INSTALL),
            # Otherwise one of its libraries asks the network for its newest version.
            environment={"NO_ALBUMENTATIONS_UPDATE": "1"},
        ),
    ]


def reference_lines() -> list[CollageContender]:
    """The bound and the limit: no rivals, but the most that a pipeline could reach."""
    return [
        CollageContender("bound: the core's own, in memory", _in_memory(BOUND), name=BOUND),
        CollageContender(
            "limit: libjpeg-turbo, in memory",
            _in_memory(LIMIT),
            name=LIMIT,
            missing=_unless(find_spec("simplejpeg") is not None, _INSTALL),
        ),
    ]


def _unless(is_there: bool, advice: str) -> str | None:
    return None if is_there else advice


def _python(program: str, **python: str) -> list[str]:
    return python_module(f"{_PROGRAMS}.{program}", **python)


def _script(program: str, **python: str) -> Callable[[Load], Sequence[str]]:
    return lambda load: [*_python(program, **python), str(load.csv), str(load.output)]


def _sharp(load: Load) -> Sequence[str]:
    script = Path(__file__).with_name("contenders") / "sharp_script.cjs"
    return ["node", str(script), str(load.csv), str(load.output)]


def _in_memory(kind: str) -> Callable[[Load], Sequence[str]]:
    return lambda load: [*_python("in_memory"), kind, str(load.files), str(load.creators)]
