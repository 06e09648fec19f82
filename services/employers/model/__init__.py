"""The directory's rules, in pure code: no store, clock or chance.

`directory.py` is what an entry is and what a listing changes; `search.py` how employers are found;
`engagement.py` what is counted of an employer and what of it may be shown to whom; `offer.py`, `need.py`
and `calendar.py` what is offered and needed, and when; `suggestion.py` what a school might need;
`assembly.py` makes a round of all this, `match_round.py` and `match.py` are what becomes of it,
`solution.py` its bytes.
"""
