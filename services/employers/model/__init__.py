"""The directory's rules, in pure code: no store, clock or chance.

`directory.py` is what an entry is and what a listing changes; `search.py` how employers are found;
`engagement.py` what is counted of an employer and what of it may be shown to whom.
"""
