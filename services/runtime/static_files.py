"""Files that are the same for everybody, such as a stylesheet, served by us and by nobody else.

A file's name has a digest of its content, so a browser may keep it for ever and still never shows an old one.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

DIGEST_LENGTH: Final = 16
"""Hex digits of the content's SHA-256 in a name."""
KEPT_S: Final = 31_536_000
"""A year, the longest that caches honour."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file; `stem` and `suffix` are what its name has around the digest."""

    stem: str
    suffix: str
    media_type: str
    content: bytes

    @property
    def name(self) -> str:
        """Such as `hub.1f0c...e2.css`."""
        return f"{self.stem}.{hashlib.sha256(self.content).hexdigest()[:DIGEST_LENGTH]}{self.suffix}"

    def path(self, service: str) -> str:
        """Where a service serves it: below its own prefix, by which an ingress tells services apart."""
        return f"/{service}/static/{self.name}"


class StaticRoute(APIRoute):
    """A route without a permission: it has nothing of anybody."""

    def __init__(self, service: str, file: StaticFile) -> None:
        headers = {
            "Cache-Control": f"public, max-age={KEPT_S}, immutable",
            "X-Content-Type-Options": "nosniff",
        }

        packed = gzip.compress(file.content, mtime=0)

        async def answer(request: Request) -> Response:
            if takes_gzip(request):
                packed_headers = headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
                return Response(packed, media_type=file.media_type, headers=packed_headers)
            return Response(
                file.content, media_type=file.media_type, headers=headers | {"Vary": "Accept-Encoding"}
            )

        super().__init__(file.path(service), answer, methods=["GET"], include_in_schema=False)


def takes_gzip(request: Request) -> bool:
    """Whether whoever asks can unpack an answer."""
    asked = request.headers.get("accept-encoding", "")
    return any(part.partition(";")[0].strip().lower() == "gzip" for part in asked.split(","))
