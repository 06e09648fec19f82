"""Running an api as an operating system process."""

from __future__ import annotations

from collections.abc import Sequence

from services.runtime.api import create_api
from services.runtime.logs import start_logs
from services.runtime.process import flush, serve_app
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.telemetry import start_telemetry


def serve_api(services: Sequence[Service], settings: Settings, host: str, port: int) -> None:
    """Serve the routes of services until told to stop."""
    start_logs(settings, "api")
    telemetry = start_telemetry(settings, "api")
    app = create_api(services, settings)
    serve_app(app, host, port, on_stop=app.state.stopping.set)
    flush(telemetry)
