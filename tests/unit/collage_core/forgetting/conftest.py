"""S3 with packs and objects."""

from tests.support.forget_world import packs, store

__all__ = ["packs", "store"]
