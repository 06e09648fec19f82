"""The embedded Hub: a store, a broker, one api and one worker as child processes on loopback.

Owns: a data folder (`layout.py`) with the Hub's record (`record.py`), keys and logs, and the child processes.
Nothing of the Hub is imported here; the children speak to each other as they would in a cluster.

How it runs, and where each step is:
1. `hub.py` `EmbeddedHub` locks the folder, checks it, and keeps a port for each child (`ports.py`).
2. `programs.py` says what each child is started with: the store, then the broker, then api and worker.
3. `child.py` keeps one program alive: starts it under `guard.py`, waits until it is ready, starts it again
   when it dies, and gives up with its last words when it keeps dying. The worker lives beside one broker.
4. `foreground.py` is Ctrl-C: the first stops the Hub in order, the second kills at once.

Invariants:
- one Hub a folder, held by a lock that the system releases when the launcher dies, however it dies;
- no child outlives its launcher (on Linux, not even one that was killed);
- what the store has acknowledged survives a kill of anything: it syncs its log on every commit;
- the broker starts empty, each time under another cluster id; the ledgers fill it again;
- no worker sees two brokers, and no transaction outlives the role that began it for longer than its restart.

Start at `hub.py`. Why these programs and settings: `docs/decisions/0002-embedded-substrate.md`.
"""

from services.local.child import Child
from services.local.errors import EmbeddedHubError
from services.local.foreground import run_in_foreground
from services.local.hub import EmbeddedHub, HubOptions, Substrate, substrate
from services.local.layout import HubLayout, default_data_folder
from services.local.programs import (
    BROKER_AND_STORE,
    EVERY_CHILD,
    ChildName,
    broker_command,
    environment,
    store_command,
)
from services.local.record import DEFAULT_HUB_ID, RunningHub, read_running

__all__ = [
    "BROKER_AND_STORE",
    "DEFAULT_HUB_ID",
    "EVERY_CHILD",
    "Child",
    "ChildName",
    "EmbeddedHub",
    "EmbeddedHubError",
    "HubLayout",
    "HubOptions",
    "RunningHub",
    "Substrate",
    "broker_command",
    "default_data_folder",
    "environment",
    "read_running",
    "run_in_foreground",
    "store_command",
    "substrate",
]
