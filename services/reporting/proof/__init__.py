"""The recount proof of tables: every cell as it was published and as separate code counted it again.

Owns: the last recounts' cells (`store.py`; a document a recount and whose tables, packed). The operator's
tool writes them (`careers-hub recount --store`), because no service reads another's ledger. Emits: nothing.

Invariants: in what is kept for the Hub there is no count that the Hub may not see; a withheld cell is kept as
its symbol. The two halves of a cell are shown to whoever may see the figure, and to somebody of the Hub only
while what they may see now is what was published then.

Start at `layouts.py` (which tables there are), then `model/beside.py`, `views.py`, `api.py`.
"""
