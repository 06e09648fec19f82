"""A collector that takes everything and keeps nothing: `python -m benchmarks.otlp_sink PORT`.

Answers a GET with the bytes of traces that it has received.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def sink() -> Starlette:
    """Make the application."""
    received = {"traces": 0, "metrics": 0}

    async def take(request: Request) -> Response:
        received[request.path_params["signal"]] += len(await request.body())
        return Response(media_type="application/x-protobuf")

    async def tell(_request: Request) -> Response:
        return PlainTextResponse(str(received["traces"]))

    return Starlette(routes=[Route("/", tell), Route("/v1/{signal}", take, methods=["POST"])])


def main() -> None:
    """Serve until told to stop."""
    uvicorn.run(sink(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
