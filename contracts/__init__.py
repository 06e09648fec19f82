"""What the services tell each other: the only thing that they share.

Owns: the event envelope (`envelope.py`), the payload models by emitting service (`pupils.py`, `audit.py`,
`employers.py`, `hub.py`), one card a topic (`topics.py`), the table that ties type, model and topic
together (`catalogue.py`) and the rules of what may change in a published type (`evolution.py`).

Invariants:
- imports pydantic and the standard library only, nothing of the services;
- no payload carries personal data: every field has a `DataClass`, a test refuses `PERSONAL` and free text;
- a published type never changes its meaning. Fields may be added with a default; anything else is a new
  version of the type with an upcaster. `schemas/` and `examples/` hold what has been published, and tests
  hold both directions against them.

Start at `catalogue.py`.
"""
