"""The embedded Hub: store, broker, api and worker as supervised child processes on loopback.

Owns: a data folder (`layout.py`) and four children (`children.py`), started in order, restarted when they
die, stopped without an orphan (`hub.py`). Nothing to install but Python packages.

Invariants: one Hub a folder at a time; all that is acknowledged is in the folder; the broker starts empty
every time, and the ledgers publish again what readers have not applied. The same api and worker run in
production: only their settings differ.
"""

from services.local.hub import EmbeddedHub, HubOptions
from services.local.layout import (
    DEFAULT_HUB_ID,
    EmbeddedHubError,
    HubLayout,
    RunningHub,
    default_data_folder,
    read_running,
)

__all__ = [
    "DEFAULT_HUB_ID",
    "EmbeddedHub",
    "EmbeddedHubError",
    "HubLayout",
    "HubOptions",
    "RunningHub",
    "default_data_folder",
    "read_running",
]
