"""The recipe of collages, with bytes in the place of pictures: its collage lists its covers."""

import json
from typing import Any, override

from collage_core.contract.reasons import Reason
from collage_core.recipes.collage.canvas import Collage
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.worker.recipe import Ingredients


class ListRecipe(CollageRecipe):
    """All of the real recipe but the pictures."""

    __slots__ = ()

    @override
    def decode(self, body: bytes) -> Any:
        return Reason.NOT_AN_IMAGE if body == b"no picture" else body

    @override
    def _compose(self, ingredients: Ingredients[Any]) -> Collage:
        covers = [part.decode() for part in ingredients.parts]
        ingredients.parts.clear()
        return Collage(json.dumps(covers).encode(), json.dumps(["thumbnail", *covers]).encode())
