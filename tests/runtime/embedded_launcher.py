"""Runs a Hub in a process of its own, as `careers-hub up` does: `embedded_launcher.py DATA MANNER`.

Writes one JSON line when the Hub is ready. Both roles are stand-ins with the manner given.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from services.local import EVERY_CHILD, EmbeddedHub, HubOptions, run_in_foreground
from tests.runtime.embedded_hubs import stand_ins


async def stay(hub: EmbeddedHub, stop: asyncio.Event) -> None:
    pids = [hub.child(name).pid for name in sorted(EVERY_CHILD)]
    sys.stdout.write(json.dumps({"pids": pids, "address": hub.address}) + "\n")
    sys.stdout.flush()
    await stop.wait()


def main() -> None:
    options = HubOptions(Path(sys.argv[1]), role_commands=stand_ins(sys.argv[2]))
    asyncio.run(run_in_foreground(EmbeddedHub(options), stay))


if __name__ == "__main__":
    main()
