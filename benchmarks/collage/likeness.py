"""How close a collage is to the best one that its covers allow."""

from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.harness.errors import BenchmarkError
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE

CELL_WIDTH, CELL_HEIGHT = DEFAULT_CELL_SIZE

CAN_COMPARE = find_spec("skimage") is not None


def reference(covers: Sequence[bytes], *, rows: int, cols: int) -> Image.Image:
    """The canvas before it is saved: each cover decoded in full and scaled with LANCZOS."""
    canvas = Image.new("RGB", (cols * CELL_WIDTH, rows * CELL_HEIGHT))
    for index, cover in enumerate(covers[: rows * cols]):
        row, col = divmod(index, cols)
        cell = ImageOps.fit(Image.open(BytesIO(cover)), DEFAULT_CELL_SIZE, Image.Resampling.LANCZOS)
        canvas.paste(cell, (col * CELL_WIDTH, row * CELL_HEIGHT))
    return canvas


def similarity(collage: Path, canvas: Image.Image) -> float:
    """SSIM of a saved collage against its reference: the mean of the three channels.

    Raises BenchmarkError when their sizes differ.
    """
    import numpy as np  # only installed where CAN_COMPARE
    from skimage.metrics import structural_similarity

    with Image.open(collage) as image:
        if image.size != canvas.size:
            raise BenchmarkError(f"{collage.name} has {image.size} pixels, not {canvas.size}")
        found = image.convert("RGB")
    return float(structural_similarity(np.asarray(found), np.asarray(canvas), channel_axis=2))
