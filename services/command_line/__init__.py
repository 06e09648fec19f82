"""The `careers-hub` command line.

- `app.py`: all commands. `options.py`: what they share. `output.py`: how they speak and fail.
- `hub.py`: run a Hub (`up`, `demo`, `serve`) and get into it (`token`); `demonstration.py` is `demo`.
- `work.py`: what schools and the Hub do, through the public API (`import`, `post`, `report`), by
  `requests.py`.
- `employers.py`: the directory's employers from a file (`employers`);
- `wonde.py`: a school's roll from its own system (`wonde`), by `wonde_roll.py` and `services/connectors`.
- `operate.py`: what an operator does, on the stores (`recount`, `replay`, `parked ...`, `verify-log`), by
  `operations.py`.
- `check.py`, `frameworks.py`, `match.py` and `match_advisers.py`: what needs no Hub (`check-upn`;
  `framework ...`, `score`; `match`; `match-advisers`).
- `connection.py`: which Hub a command talks to.

Commands are declared in light modules and import what does the work when they are called, so that
`careers-hub --help` and `careers-hub up` do not wait for what others need.

Invariants: `--json` prints one JSON value to standard output and nothing else; people's output goes to
standard output, progress and errors to standard error; every error says what to do.
"""
