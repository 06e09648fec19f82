"""The Hub's shared directory of schools and employers, how often each has been met, and Enterprise Advisers.

Owns, in the service's own database: `schools` and `employers`, organisations from open registers, with no
person in them; the projection `engagement`, which counts activities and encounters by employer, and
`wanted_sectors`, what a school's pupils are drawn to. Beside each employer's entry, in packages with the same
rooms (store, commands, views, api):

- `details/`: sites, Cornerstone flag, Employer Standards, safeguarding facts;
- `contacts/`: people, sealed, each look at them noted;
- `vetting/`: who decided what before first use; `vetting.store.vetted_employers` is what may be matched;
- `merging/`: duplicates found, merged and taken apart again;
- `imports/`: files of employers, a Hub's own and the Gender Pay Gap Service's.

`terms/` has their code lists as data. Enterprise Advisers, what schools want and who has whom are in
`advisers/`, by the pure rules of `advising/`.

Emits (`contracts/employers.py`), under the key `directory`: SchoolListed and EmployerListed, once for each
entry that is new or differs; under `advisers`: AdviserRelationshipChanged. Reads `pupils.events`
(`stream.py`).

Invariants:
- listing the same entry again changes nothing and tells nothing;
- what is stored and what is told are one transaction, so a listing that was cut off can simply be repeated;
- an employer's engagement equals a recount of the activities that stand, whatever was corrected before;
- a merged employer's id goes on meaning its survivor, and a merge taken back leaves everything as it was;
- no contact, and nothing of `details/`, is ever told;
- nobody can tell a small number of one school's pupils from what is shown of an employer.

Beside it stands the matching of employers and schools: `matching/` is the engine, `solver.py` runs it in a
process of its own, `match_files/` reads a round from files for `careers-hub match`.

Start at `api.py`; `model/` holds the rules. For advisers start at `advisers/__init__.py`.
"""
