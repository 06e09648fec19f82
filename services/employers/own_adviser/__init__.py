"""What an Enterprise Adviser does themselves: sees their schools, answers proposals, says what they can give.

They come in by an account of the role `enterprise_adviser`, which a coordinator bound to their record
(`accounts/`; `access_api.py` is the coordinator's). The role alone opens nothing here. `api.py` has the
routes, `bodies.py` what they take, `commands.py` what changes, `views.py` what is shown; the same in a
browser is `pages/own_adviser.py`.

Everything goes through the commands that coordinators use, so an adviser's word and a coordinator's on their
behalf are one story; each version, step and acceptance says whose it was. The adviser sees their own score
with a school, and of the Hub's team that it acted, not who.

Invariants: another adviser's record, match or recommendation answers as one that does not exist; whether the
account still acts for the adviser is looked at again in the unit that changes something (`standing.py`); an
adviser comes back from a pause of their own, not from one that a coordinator said.
"""
