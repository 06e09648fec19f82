"""Enterprise Advisers and schools: pure rules, without store, clock or chance.

`stable.py` matches two sides with capacities, `projects.py` three; `blocking.py` checks a matching by other
means; `instances.py` reads them from files and `explained.py` says why somebody has none.
`adviser.py` is what is known of an adviser and the states of the relationship, `match.py` those of one
adviser with one school; `standing.py` is what schools want and what all matches say together. `scoring.py`
says which pairs can be and how well they fit, by the file that `rules.py` describes; `rounds.py` makes
preferences of that and proposes a round; `handover.py` is what a departure leaves; `figures.py` is how long
matches take and last.

Invariant: every proposal is stable, and of two schools that could have the same adviser, the one earlier in
the queue is served first unless the adviser said otherwise.
"""
