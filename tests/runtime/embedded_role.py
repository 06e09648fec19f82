"""Stands in for an api or a worker: `python embedded_role.py MANNER PORT`, in the standard library alone.

`well` answers its health check; `mortal` does too and dies when asked for /die; `broken` writes a line and
dies at once; `stubborn` is well but does not heed SIGTERM; `silent` listens and is never ready.
"""

from __future__ import annotations

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

BROKEN_CODE = 3
MORTAL_CODE = 4


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/die":
            os._exit(MORTAL_CODE)
        well = self.path == "/health/ready" and sys.argv[1] != "silent"
        self.send_response(200 if well else 503)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Write nothing for a request."""


def main() -> None:
    manner, port = sys.argv[1], int(sys.argv[2])
    if manner == "broken":
        sys.stderr.write("the [settings] are wrong\n")
        sys.exit(BROKEN_CODE)
    if manner == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    HTTPServer(("127.0.0.1", port), Health).serve_forever()


if __name__ == "__main__":
    main()
