"""The function's entry point, `lambda_pkg.handler.lambda_handler`, and its cold start.

Settings and clients are made while this module is imported, and live as long as the warm worker.
A wrong setting stops the worker there, with a line that names it.
"""

import os
from typing import Any

from lambda_pkg.invocation import Invocation, LambdaContext
from lambda_pkg.logs import configure_logging
from lambda_pkg.meter import Worker, seconds_of_process
from lambda_pkg.route import route
from lambda_pkg.services import Services
from lambda_pkg.settings import read_settings

_SETTINGS = read_settings(os.environ)
configure_logging(debug=_SETTINGS.enable_debug_logging)
_WORKER = Worker.from_env(os.environ)
_SERVICES = Services.connect(_SETTINGS, _WORKER)
if _WORKER is not None:
    # The last of all: until now it was a cold start.
    _WORKER.cold_start = seconds_of_process()


def lambda_handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    """Handle one event of any kind that `lambda_pkg.route` knows."""
    return route(event, Invocation.begin(context, _SERVICES))
