"""The engine: a chunk's covers loaded, handed to a recipe, written and accounted for."""
