"""Faults: kill, cut, empty or mislead a running Hub under load, heal it, then check the promises.

`hub.py` runs a whole Hub as child processes (`children.py`) behind proxies that can misbehave (`proxy.py`).
`load.py` is the schools: it posts what `schools.py` makes up, is as stubborn as a real client, and keeps a
`journal.py` of what was acknowledged. `scenario.py` puts a Hub, some schools and their load together.
`evidence.py` reads everything that the Hub left behind, and `checkers.py` compares it with the journal,
promise by promise (P1-P6). `test_planted_bugs.py` proves that each checker bites.

What is marked `every_broker` runs on the embedded broker and on Apache Kafka (`tests/brokers.py`). F13 and
F14, which need several members in a group, are in `test_groups.py`. What is not marked (F7 and F8 between
schools and Hub, careless workers) is about our own code more than about the broker, and would cost minutes:
on Kafka it runs with `CAREERS_HUB_TEST_SUBSTRATES=kafka`.

Everything is seeded; the seed of a scenario is in its summary line (`pytest -rA tests/faults`).
"""
