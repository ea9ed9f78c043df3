"""How much of each head a crop keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from benchmarks.crops.people import Box
from benchmarks.crops.portraits import Portrait
from collage_core.contract.cell_size import DEFAULT_CELL_SIZE
from collage_core.contract.gravity import Gravity
from collage_core.pictures.cropping import Centering, centering

WHOLE = 0.95
"""A head of which this share is in the crop counts as kept: the rest is hair or an ear."""

_STEPS = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """What a crop keeps of the heads of one picture, in shares."""

    aspect: str
    shares: tuple[float, ...]

    @property
    def whole(self) -> int:
        """How many heads are kept whole."""
        return sum(share >= WHOLE for share in self.shares)


def crop_box(size: tuple[int, int], place: Centering) -> Box:
    """The part of a picture that ImageOps.fit puts into a cell."""
    width, height = size
    shape = DEFAULT_CELL_SIZE.width / DEFAULT_CELL_SIZE.height
    across, down = min(width, height * shape), min(height, width / shape)
    left, top = (width - across) * place[0], (height - down) * place[1]
    return left, top, left + across, top + down


def kept_by(portrait: Portrait, gravity: Gravity) -> Kept:
    """What the product's crop keeps."""
    return _kept(portrait, crop_box(portrait.size, _place(portrait, gravity)))


def most_kept(portrait: Portrait) -> Kept:
    """What the best crop of that size keeps: not all of two heads that are far apart."""
    places = [step / _STEPS for step in range(_STEPS + 1)]
    boxes = (crop_box(portrait.size, (place, place)) for place in places)
    return max(
        (_kept(portrait, box) for box in boxes), key=lambda kept: (kept.whole, sum(kept.shares))
    )


def share_whole(results: Iterable[Kept]) -> float:
    """The share of all heads that are kept whole."""
    shares = _all_shares(results)
    return sum(share >= WHOLE for share in shares) / len(shares)


def mean_share(results: Iterable[Kept]) -> float:
    """How much of a head is kept, on average."""
    shares = _all_shares(results)
    return sum(shares) / len(shares)


def _all_shares(results: Iterable[Kept]) -> Sequence[float]:
    return [share for kept in results for share in kept.shares]


def _place(portrait: Portrait, gravity: Gravity) -> Centering:
    """For the picture as `decode_cell` has it: decoded at a half or a quarter where possible."""
    with Image.open(BytesIO(portrait.jpeg)) as image:
        image.draft(None, DEFAULT_CELL_SIZE)
        image.load()
        return centering(image, DEFAULT_CELL_SIZE, gravity)


def _kept(portrait: Portrait, crop: Box) -> Kept:
    return Kept(portrait.aspect, tuple(_overlap(head, crop) for head in portrait.heads))


def _overlap(head: Box, crop: Box) -> float:
    """The share of a head's box that is in the crop."""
    width = max(min(head[2], crop[2]) - max(head[0], crop[0]), 0)
    height = max(min(head[3], crop[3]) - max(head[1], crop[1]), 0)
    return width * height / ((head[2] - head[0]) * (head[3] - head[1]))
