"""The `careers-hub` command line.

- `hub.py`: run a Hub (`up`, `demo`, `serve`) and get into it (`token`).
- `work.py`: what schools and the Hub do, through the public API (`import`, `post`, `report`).
- `operate.py`: what an operator does, on the stores (`recount`, `replay`, `parked ...`, `verify-log`).
- `connection.py`: which Hub a command talks to. `output.py`: how commands speak and fail.

Invariants: `--json` prints one JSON value to standard output and nothing else; people's output goes to
standard output, progress and errors to standard error; every error says what to do.
"""
