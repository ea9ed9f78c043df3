"""The worker's world, in which runs begin and are left behind."""

from tests.unit.lambda_pkg.conftest import connected, cover_server, world

__all__ = ["connected", "cover_server", "world"]
