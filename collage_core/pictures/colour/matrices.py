"""Matrices between the primaries of a colour space and CIE XYZ."""

from functools import lru_cache

from collage_core.pictures.colour.spaces import Chromaticities

type Vector = tuple[float, float, float]
type Matrix = tuple[Vector, Vector, Vector]
"""Three rows."""

D50: Vector = (0.9642, 1.0, 0.8249)
"""The white of ICC profiles."""

# Bradford's adaptation to another white, as in annex E of ICC.1:2022.
_CONES: Matrix = (
    (0.8951, 0.2664, -0.1614),
    (-0.7502, 1.7135, 0.0367),
    (0.0389, -0.0685, 1.0296),
)


@lru_cache(maxsize=32)
def to_xyz(primaries: Chromaticities) -> Matrix:
    """The matrix from linear light to XYZ, adapted to D50.

    Raises ZeroDivisionError for primaries on one line, and ValueError for primaries that are not
    colours.
    """
    points = zip(primaries[::2], primaries[1::2], strict=True)
    white, red, green, blue = (_xyz(x, y) for x, y in points)
    white = _scaled(white, 1 / white[1])
    light = times(inverse(_transposed((red, green, blue))), white)
    own = _transposed((_scaled(red, light[0]), _scaled(green, light[1]), _scaled(blue, light[2])))
    return product(_adaptation(white), own)


def times(matrix: Matrix, vector: Vector) -> Vector:
    """Multiply a matrix and a column."""
    a, b, c = (sum(x * y for x, y in zip(row, vector, strict=True)) for row in matrix)
    return a, b, c


def product(left: Matrix, right: Matrix) -> Matrix:
    """The matrix that applies `right` first and then `left`."""
    columns = _transposed(right)
    return _transposed((times(left, columns[0]), times(left, columns[1]), times(left, columns[2])))


def inverse(matrix: Matrix) -> Matrix:
    """Invert a matrix. Raises ZeroDivisionError if it has no inverse."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    minors = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    one = 1 / (a * minors[0][0] + b * minors[1][0] + c * minors[2][0])
    return _scaled(minors[0], one), _scaled(minors[1], one), _scaled(minors[2], one)


def _xyz(x: float, y: float) -> Vector:
    """XYZ with the sum of 1; primaries without luminance (y = 0) are colours, too."""
    if not (0 <= x <= 1 and 0 <= y <= 1 and x + y <= 1):
        raise ValueError(f"x {x} and y {y} are not a chromaticity: each must be from 0 to 1")
    return x, y, 1 - x - y


def _adaptation(white: Vector) -> Matrix:
    seen, wanted = times(_CONES, white), times(_CONES, D50)
    gains = (
        (wanted[0] / seen[0], 0.0, 0.0),
        (0.0, wanted[1] / seen[1], 0.0),
        (0.0, 0.0, wanted[2] / seen[2]),
    )
    return product(inverse(_CONES), product(gains, _CONES))


def _scaled(vector: Vector, factor: float) -> Vector:
    return vector[0] * factor, vector[1] * factor, vector[2] * factor


def _transposed(matrix: Matrix) -> Matrix:
    first, second, third = zip(*matrix, strict=True)
    return first, second, third
