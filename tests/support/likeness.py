"""How alike two pictures look, by the measure that image codecs are compared with."""

from typing import Any

from PIL import Image, ImageMath

WINDOW = 7
"""Side of the squares of pixels that are compared; 7 is what scikit-image takes."""

_STEADY_MEAN, _STEADY_SPREAD = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""Constants of the formula: they keep it finite where a picture is black or plain."""


def ssim(left: Image.Image, right: Image.Image) -> float:
    """Structural similarity (Wang et al. 2004), the mean of the channels; 1 for the same picture.

    The windows stand side by side, where others move one over every pixel.
    """
    channels = list(zip(left.split(), right.split(), strict=True))
    return sum(_ssim(x.convert("F"), y.convert("F")) for x, y in channels) / len(channels)


def _ssim(x: Image.Image, y: Image.Image) -> float:
    means = {
        name: _computed(formula, x=x, y=y).reduce(WINDOW)
        for name, formula in {
            "x": lambda of: of["x"],
            "y": lambda of: of["y"],
            "xx": lambda of: of["x"] * of["x"],
            "yy": lambda of: of["y"] * of["y"],
            "xy": lambda of: of["x"] * of["y"],
        }.items()
    }
    alike = _computed(_similarity, **means)
    total = sum(alike.get_flattened_data())
    return total / (alike.width * alike.height)


def _similarity(mean: dict[str, Any]) -> Any:
    """Wang et al., formula 13, of the means of x, y, their squares and their product."""
    x, y = mean["x"], mean["y"]
    covariance = mean["xy"] - x * y
    variances = mean["xx"] - x * x + mean["yy"] - y * y
    return ((x * y * 2 + _STEADY_MEAN) * (covariance * 2 + _STEADY_SPREAD)) / (
        (x * x + y * y + _STEADY_MEAN) * (variances + _STEADY_SPREAD)
    )


def _computed(formula: Any, **pictures: Image.Image) -> Image.Image:
    computed = ImageMath.lambda_eval(formula, **pictures)
    assert isinstance(computed, Image.Image)
    return computed
