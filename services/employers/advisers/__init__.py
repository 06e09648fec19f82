"""Enterprise Advisers in the Hub: who they are, which school has whom, and what could be better.

Owns, in the service's own database, what `store.py` names. Emits AdviserRelationshipChanged under the key
`advisers`: the relationships are one ordered story, and of two processes that change them at once the
ledger's counter lets one go first.

`api.py` and `match_api.py` are the routes, `bodies.py` what they take, `answers.py` what they give;
`commands.py` changes advisers and needs, `proposals.py` matches; `world.py` reads everything that a round
needs; `rules/` is the data; `../advising/` the pure rules.

Invariants:
- contact details are in `adviser_contacts` alone, and each read and change of them is noted;
- an adviser's state is the one that their matches give, unless a coordinator said otherwise;
- a round stores nothing; a proposal that breaks a hard rule is refused with the rule's name.
"""
