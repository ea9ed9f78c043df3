"""How a cover gets into its cell: cropped to fill it, or whole on a ground."""

from dataclasses import dataclass

from PIL import Image, ImageColor, ImageFilter, ImageOps

from collage_core.contract.cell_size import DEFAULT_CELL_SIZE, CellSize
from collage_core.contract.gravity import Gravity
from collage_core.contract.picture_options import Fit, PictureOptions
from collage_core.pictures.corners import rounded
from collage_core.pictures.cropping import centering
from collage_core.pictures.orientation import SIDEWAYS

_REDUCING, _ENLARGING = Image.Resampling.HAMMING, Image.Resampling.BICUBIC
"""HAMMING looks at half as many pixels as BICUBIC. It is as good for reducing what a JPEG decoder
has reduced already. Enlarging with it would show pixels as squares."""

_BLUR_REDUCTION = 10
"""A ground is blurred at this part of its size, at a hundredth of the work."""
_BLUR_RADIUS = 1.6
"""In pixels of the reduced ground."""
_DIMMED = 0.7
"""The brightness of a blurred ground: darker than the cover before it, whose edges it shows."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """The cell that covers are made for."""

    size: CellSize = DEFAULT_CELL_SIZE
    fit: Fit = "fill"
    gravity: Gravity = Gravity.CENTER
    """Which part of a cover stays when it is cropped."""
    background: str = PictureOptions().background
    """The colour beside a cover that does not fill its cell, as #rrggbb."""
    corner: int = 0
    """The radius of the corners of a cover that does not fill its cell, on the background."""

    def size_for(self, turn: int) -> tuple[int, int]:
        """The size of the cell for a picture that is turned upright later, by its orientation."""
        width, height = self.size
        return (height, width) if turn in SIDEWAYS else (width, height)

    def scaled(self, picture: Image.Image, turn: int) -> Image.Image:
        """The picture as large as it is shown; cropped to the size of the cell if it fills it."""
        width, height = self.size_for(turn)
        if self.fit == "fill":
            is_smaller = picture.width < width or picture.height < height
            # If the picture already has the cell's size, no resize is needed: it is copied.
            method = _ENLARGING if is_smaller else _REDUCING
            place = centering(picture, (width, height), self.gravity, turn)
            return ImageOps.fit(picture, (width, height), method=method, centering=place)
        scale = min(width / picture.width, height / picture.height)
        # A line of one pixel stays visible however long it is.
        size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
        return picture.resize(size, _ENLARGING if scale > 1 else _REDUCING)

    def on_ground(self, shown: Image.Image) -> Image.Image:
        """The cell: an upright RGB picture from `scaled`, in the middle of what is behind it."""
        if shown.size == self.size:
            return shown
        place = (
            (self.size.width - shown.width) // 2,
            (self.size.height - shown.height) // 2,
        )
        if self.fit == "blur":
            cell, mask = self._blurred(shown), None
        else:
            cell = Image.new("RGB", self.size, ImageColor.getrgb(self.background))
            mask = rounded(*shown.size, self.corner) if self.corner else None
        cell.paste(shown, place, mask)
        return cell

    def _blurred(self, shown: Image.Image) -> Image.Image:
        """The picture itself, enlarged until it fills the cell, blurred and dimmed."""
        size = (
            max(self.size.width // _BLUR_REDUCTION, 1),
            max(self.size.height // _BLUR_REDUCTION, 1),
        )
        small = ImageOps.fit(shown, size, method=Image.Resampling.BOX)
        small = small.filter(ImageFilter.GaussianBlur(_BLUR_RADIUS))
        small = small.point(lambda value: value * _DIMMED)
        return small.resize(self.size, Image.Resampling.BICUBIC)
