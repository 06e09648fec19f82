"""The directory's rules, in pure code: no store, clock or chance.

`directory.py` is what an entry is and what a listing changes; `names.py` how an organisation is found by its
name; `engagement.py` what is counted of an employer and what of it may be shown to whom.
"""
