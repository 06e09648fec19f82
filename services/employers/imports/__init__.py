"""Files of employers: a Hub's own CSV, with headers of its own, and the Gender Pay Gap Service's.

`reading.py` makes rows of bytes, `model/incoming.py` says what a row makes of what is known, `commands.py`
writes it or says what would be written. The usable rows go in; the receipt lists the others.

Invariants: the same file again changes and tells nothing; a preview gives the figures of the import and
changes nothing; a row never takes away what the file does not speak of.
"""
