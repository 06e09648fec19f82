"""A demonstration: a synthetic year of careers work of an area's real schools, posted like any school's.

Owns: invented pupils and activities (`plan.py` puts a whole area together, purely), and a driver (`run.py`)
that sends them to a running Hub through its public HTTP API alone. It imports no service.

Who plays its people is `cast.py`'s: accounts of their own on the embedded Hub, or the users of an identity
provider's realm, one a role, which a password lets in (`realm.py`).

Invariants:
- the same area, academic year and seed give the same bytes, on any machine (`dice.py`);
- no invented pupil number can belong to a real child (`upn.py`);
- rolls follow the real totals; a school whose roll is not in the open data posts nothing;
- a second run on the same Hub changes nothing, and one that was cut short is gone on with;
- a Hub that holds anything of others is refused before it is changed (`real_data.py`).

`present.py` adds, where people stay to look around: somebody of every role, this academic year up to today,
and a match round with what it needs. `--exit` leaves it out: its totals stay those of one year.

Start at `run.py` for what is sent, at `year_plan.py` for how a year comes about.
Why it is made this way: docs/decisions/0003-demonstration-data.md.
"""
