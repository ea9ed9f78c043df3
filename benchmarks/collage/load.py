"""The load that contenders share: covers on a server, and a CSV that lists them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.collage.covers import COVERS_PER_CREATOR, JPEG, Format, paint_covers, write_csv
from benchmarks.collage.server import CoverServer, cover_server

USUAL_LATENCY_MS = 100


@dataclass(frozen=True, slots=True)
class Load:
    """A number of creators with as many covers each, and where contenders write."""

    creators: int
    covers_per_creator: int
    server: CoverServer
    csv: Path
    files: Path
    """A folder with one creator's covers; all creators have the same ones."""
    output: Path
    """A folder that is emptied before each run."""

    @property
    def covers(self) -> int:
        """The number of covers of all creators together."""
        return self.creators * self.covers_per_creator


@contextmanager
def serve_load(
    folder: Path,
    *,
    creators: int,
    covers_per_creator: int = COVERS_PER_CREATOR,
    latency_ms: int = USUAL_LATENCY_MS,
    form: Format = JPEG,
) -> Iterator[Load]:
    """Write the covers and their CSV into `folder`, over those of an older load, and serve them."""
    covers = paint_covers(form)
    files = folder / "covers"
    shutil.rmtree(files, ignore_errors=True)
    files.mkdir(parents=True)
    for index in range(covers_per_creator):
        (files / f"{index:03}").write_bytes(covers[index % len(covers)])
    with cover_server(
        covers, media_type=form.media_type, latency_seconds=latency_ms / 1000
    ) as server:
        csv = folder / "covers.csv"
        write_csv(csv, creators=creators, covers=covers_per_creator, origin=server.origin)
        yield Load(creators, covers_per_creator, server, csv, files, folder / "output")
