"""A small collage of sample covers, made in memory: it shows that all libraries and fonts work.

Pillow loads many of its native libraries at the first use. A package that lacks one of them, or has
those of another processor, starts as usual and would only fail at the covers that need it.
"""

from base64 import b64decode

from collage_core.contract.cell_size import CELL_SIZES
from collage_core.contract.config import ProcessingConfig
from collage_core.contract.reasons import Reason
from collage_core.pictures.imaging import Cell, decode_cell
from collage_core.recipes.collage.canvas import Collage, compose
from collage_core.recipes.collage.captions import Captions

_SAMPLES = {
    "JPEG": (
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZG"
        "NywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09P"
        "T09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAQABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
        "BQT/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAABP/EABkRAAIDAQAAAAAAAAAAAAAA"
        "AAAFQoHBQ//aAAwDAQACEQMRAD8AlGkhpCPpWiXELw//2Q=="
    ),
    "PNG": (
        "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAzGlDQ1BJQ0MgUHJvZmlsZQAAeJxjYGC8wwAETECc"
        "m1dSFOTupBARGaXAgAQSk4sLGPCCb9cYGEH0ZV386rACzpTU4mQg/QGI45MLikoYGBgDQOLlJQUgdgyQLVIUEuQM"
        "ZIPcwZcOYTeA2EkQ9gQQuwjocCB7AUh9OoS9BcROgrBPgNhQu0CAtSS1uIQM9+IFJakVcDMR4YgIn+TSojKoNCPj"
        "WQYGQnyEGc33GRhs9////383QsxrPwPDRnMGBq6dCDENCwYGQW4GhhM7AbrEO/VhpsD+AAAAH0lEQVR42mM8EaDB"
        "gA0kMCzAKs7EQCIY1TCqYehoAAD8SgJgX0+J6QAAAABJRU5ErkJggg=="
    ),
    "GIF": (
        "R0lGODdhEAAQAIEAAMhQKChQyAAAAAAAACwAAAAAEAAQAEAINgABCBwoMIDBgwYJEkSIUOFAhgcdFoQYQCIAihUl"
        "YrS4USNFjh89QgQ5UiRDkidNNlQZkaXBgAA7"
    ),
    "WEBP": (
        "UklGRjgAAABXRUJQVlA4ICwAAACQAQCdASoQABAAAoBCJaACdLoAA5gA/utZ/y5j/gPyRxb1J//M0UT+kyeAAA=="
    ),
    "AVIF": (
        "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAA"
        "AAAAAAAAAAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAKgAAAChpaW5mAAAA"
        "AAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAEAAAABAA"
        "AAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQB"
        "AoMEAAAAMm1kYXQSAAoJGAz/2iAhoNCAMhtF4eHhiGEkkkmUAAACjhHM7YS47sd9BpdxrK8="
    ),
}
"""One picture of 16x16 in each format, as base64. The PNG has a colour profile that needs
converting."""

_TITLE = "Aa Δ Я عربي אב Ա გ አ ก 中文 한국어 ★ 😀"
"""Letters of every font. What no font has is left out of a collage without an error, but a font
that is missing is one."""

_SIZE = min(CELL_SIZES.values())


def trial_collage() -> Collage:
    """Decode the samples and compose them, with text.

    Takes about a tenth of a second the first time, and a hundredth after that. Raises RuntimeError
    for a sample that cannot be decoded, and what Pillow or Python raise for a library or a font
    that is missing.
    """
    config = ProcessingConfig(rows=1, cols=len(_SAMPLES), title=_TITLE)
    cells = [_cell(name, b64decode(sample)) for name, sample in _SAMPLES.items()]
    captions = Captions(_TITLE)
    return compose(cells, config, cell_size=_SIZE, captions=captions)


def _cell(name: str, body: bytes) -> Cell:
    match decode_cell(body, _SIZE):
        case Reason() as reason:
            raise RuntimeError(
                f"a sample cover in {name} cannot be decoded ({reason}): the package lacks a "
                "library, or has it for another processor; build it with `make package`"
            )
        case cell:
            return cell
