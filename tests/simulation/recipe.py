"""The recipe of collages, with bytes in the place of pictures: its collage lists its covers."""

import json
from typing import Any, override

from collage_core.contract.reasons import Reason
from collage_core.recipes.collage.canvas import Collage
from collage_core.recipes.collage.recipe import CollageRecipe
from collage_core.worker.recipe import Ingredients, Made


class ListRecipe(CollageRecipe):
    """All of the real recipe but the pictures."""

    __slots__ = ()

    @override
    def decode(self, body: bytes) -> Any:
        return Reason.NOT_AN_IMAGE if body == b"no picture" else body

    @override
    def complete(self, ingredients: Ingredients[Any], lead: bytes) -> Made:
        return self._made(self._in_order(ingredients), Collage(lead, _thumbnail(json.loads(lead))))

    @override
    def _compose(self, ingredients: Ingredients[Any]) -> Collage:
        covers = [part.decode() for part in ingredients.parts]
        ingredients.parts.clear()
        return Collage(json.dumps(covers).encode(), _thumbnail(covers))


def _thumbnail(covers: list[str]) -> bytes:
    return json.dumps(["thumbnail", *covers]).encode()
