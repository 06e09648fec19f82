"""The two servers of R3: `python -m benchmarks.single_post_server real|bare PORT`.

Settings come from the environment, as for any process of ours. `real` is the whole application of all
services, with one thing replaced: a command's unit of work answers with a receipt that was made beforehand
instead of asking the store. `bare` is an ASGI function that reads the body and answers 202.
"""

from __future__ import annotations

import sys
from typing import Any, Final, TypeVar, cast

from starlette.types import Receive, Scope, Send

from services.registry import SERVICES
from services.runtime.api import create_api
from services.runtime.context import ServiceContext, Work
from services.runtime.logs import start_logs
from services.runtime.mongo import Store
from services.runtime.process import serve_app  # the very settings of the real processes
from services.runtime.routing import Gate
from services.runtime.sealing import Sealer
from services.runtime.settings import Settings, load_settings
from services.runtime.telemetry import start_telemetry
from services.runtime.uow import Actor

T = TypeVar("T")

RECEIPT: Final[dict[str, Any]] = {
    "outcome": "recorded",
    "activity_id": "0123456789abcdef0123456789abcdef",
    "version": 1,
    "academic_year": "2025/26",
    "year_groups": [
        {
            "year_group": 10,
            "attended": 176,
            "absent": 3,
            "excused": 1,
            "encounters": 176,
            "credits": {"gb2": 176, "gb5": 176},
        }
    ],
    "coverage": [
        {"year_group": 10, "benchmark": "gb2", "reached": 176},
        {"year_group": 10, "benchmark": "gb5", "reached": 176},
    ],
}


class StubbedContext(ServiceContext):
    """A context whose units of work are done before they are asked for."""

    async def in_school(self, actor: Actor, urn: str, work: Work[T]) -> T:  # noqa: ARG002 - asked, not done
        """Answer with the receipt."""
        return cast("T", RECEIPT)


def real_app(settings: Settings) -> Any:  # noqa: ANN401 - an ASGI application
    """Make the application with the stub in it."""
    app = create_api(list(SERVICES.values()), settings)
    gate: Gate = app.state.gate
    store = Store.connect(settings.mongodb_url.get_secret_value(), concurrency=1, application="benchmarks")
    gate.contexts["pupils"] = StubbedContext(
        "pupils", settings, store, Sealer.from_file(settings.secret_file)
    )
    return app


async def bare_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body and answer 202."""
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def main() -> None:
    """Serve one of the two until told to stop."""
    settings = load_settings()
    start_logs(settings, "api")
    telemetry = start_telemetry(settings, "api")
    serve_app(bare_app if sys.argv[1] == "bare" else real_app(settings), "127.0.0.1", int(sys.argv[2]))
    telemetry.shutdown()


if __name__ == "__main__":
    main()
