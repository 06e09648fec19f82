"""`pupils`: a school's pupils, their careers activities and conversations, and where they go.

Owns, in a database per school: pupils (the UPN as a keyed digest, and sealed) with an index of them, a sheet
per year group and academic year with roll and credits, activities with their attendance and what was
thought of them, plans with invitations and answers, conversations with
what was agreed, what pupils say of themselves, intended and actual destinations, self-assessments; of each
every earlier version; what pupils asked to be put right, restrictions, and links to their record. In the
service's own database: the employers and schools that the Hub's directory has listed, with their names, and
the schools' confirmed matches with employers.

Emits, keyed by the school's URN: `RollChanged`, `ActivityRecorded`, `ActivityCorrected`, `ActivityRetracted`:
counts and coverage per year group, group and benchmark; `SectorsWanted` and `DestinationsCounted` when what
they sum up has changed. Reads: `EmployerListed`, `MatchChanged`.

Invariants:
- no pupil's id, name, UPN or free text is in an event, a log or an error text;
- what was told is never overwritten: a correction is a new version, and a mistake is retracted;
- a conversation is read by those whom its visibility names and by its pupil, and by nobody else;
- a record that is restricted is kept and not used, and a leaver's names and words go when they are due;
- a plan counts for nothing, and becomes at most one activity;
- an activity is of no match but a confirmed one of its school, with that employer and of that type;
- the same post, row or roll again changes nothing, however it comes;
- a pupil is one person for life, whatever UPN a roll writes (`model/identity.py`);
- the same encounter told twice counts once, whoever tells it, and the two can be separated again;
- the coverage on a sheet equals a recount over the recorded activities, after any order of recording,
  correcting, retracting and importing;
- `before` of a correction or retraction is exactly what was told.

Start at `commands/activities.py` for what happens to a post, at `model/recording.py` for what it decides,
at `model/duplicates.py` and `model/merging.py` for the same encounter told twice, at `model/sheets.py` for
how coverage is kept, at `rules/` for what counts for what, at `pages/` for what staff see and do in
a browser and what pupils see of themselves, and at `service.py` for the whole.
"""
