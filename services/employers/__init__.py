"""The Hub's shared directory of schools and employers, what is offered and needed, and who meets whom.

Owns, in the service's own database: `schools` and `employers`, organisations from open registers, with no
person in them; `offers` and `ask_budgets`; `rounds` and their `matches`, with the solutions that they came
from; and the projections `engagement`, which counts activities and encounters by employer, and `signals`,
what schools' own events say that they might need. In each school's database: its `needs`. Beside each
employer's entry, in packages with the same rooms (store, commands, views, api):

- `details/`: sites, Cornerstone flag, Employer Standards, safeguarding facts;
- `contacts/`: people, sealed, each look at them noted;
- `vetting/`: who decided what before first use; `vetting.store.vetted_employers` is what may be matched;
- `merging/`: duplicates found, merged and taken apart again, or told apart so that nobody is asked again;
- `own/`: what an employer does itself, by an account or a link: its offers, and answers to what is asked;
- `accounts/`: which accounts act for an employer, and which for an adviser;
- `imports/`: files of employers, a Hub's own and the Gender Pay Gap Service's.

`pages/` has the map of the Hub for people.

`recommending/` keeps which employers Enterprise Advisers recommend to the schools that they work with.

`terms/` has their code lists as data. Enterprise Advisers, what schools want of them and who has whom are in
`advisers/`, by the pure rules of `advising/`; what an adviser does themselves is in `own_adviser/`.

Emits (`contracts/employers.py`): SchoolListed and EmployerListed under the key `directory`, once for each
entry that is new or differs; OfferListed under `offers`; NeedRaised and MatchChanged under the school's URN;
AdviserRelationshipChanged under `advisers`. Reads `pupils.events` and `audit.events` (`stream.py`); an
activity that names a confirmed match completes it (`reactions.py`).

Invariants:
- listing the same entry again changes nothing and tells nothing;
- what is stored and what is told are one transaction, so a listing that was cut off can simply be repeated;
- an employer's engagement equals a recount of the activities that stand, whatever was corrected before;
- a merged employer's id goes on meaning its survivor, and a merge taken back leaves everything as it was;
- no contact, and nothing of `details/`, is ever told;
- no position in the sea or abroad comes in (`matching/land.py`), and no round is solved with one;
- nobody can tell a small number of one school's pupils from what is shown of an employer;
- a school sees its own needs and matches, and nothing of another school's; an employer its own offers and
  what is asked of it, and nothing of another employer's; an adviser their own record and schools;
- what is confirmed never takes more than an offer's capacity or an employer's ask budget, of all rounds
  together; a solve that is given up leaves the last plan as it was.

`matching/` is the engine, `solver.py` runs it in a process of its own, `solving.py` asks it without keeping
an api waiting, `round_answers.py` is what it is asked of stored rounds; `match_files/` reads a round from
files for `careers-hub match`.

Start at `api/`: the directory in its front, then `offers.py`, `needs.py`, `rounds.py` and `matches.py`, each
with rooms of the same name behind it; `model/` holds the rules, `model/assembly.py` makes a round of them.
For advisers start at `advisers/__init__.py`. What people see in a browser is in `pages/`.
"""
