"""What an employer does itself: it keeps its own offers, and answers what schools ask of it.

It comes in by an account of the role `employer`, which a coordinator bound to it (`accounts/`), or by a link
that a coordinator made (`runtime/links.py`: hashed, with an end, revoked at once). `api.py` has each route
once, for both; `access_api.py` is the coordinator's, who lets them in. The same in a browser is
`pages/own.py`, by a link below its `/page`.

An employer reads its own entry, its own offers, and of a school what that school asks of it: never who vetted
it or why not, its contacts, another employer, or a school's other needs. Offers go through the commands that
coordinators use; until when safeguarding is in order stays a coordinator's to say.

Invariants: an employer that is not the caller's answers as one that does not exist; whether the caller still
acts for its employer is looked at again in the unit that changes something (`standing.py`).
"""
