"""The service's decisions, pure: time, ids, keyed digests and rules come in as arguments.

- `upn.py`, `roll_columns.py`, `enrolment.py`, `roll.py`: what a file says of a roll, row by row.
- `identity.py`, `roll_change.py`, `rollover.py`: whom a row means, what an import changes, and next year.
- `pupil.py`, `sheets.py`: a pupil, and the year-group sheets that hold roll, credits and coverage.
- `facts.py`, `rules.py`, `credit.py`: what is said about an activity, and what attending it counts for.
- `draft.py`, `attendance.py`: who was there, from what a school posts to pupils.
- `activity.py`, `recording.py`: an activity's versions, and what recording, correcting and retracting do.
- `participations.py`: the same from a table of one row a pupil and activity.
- `learning.py`: what an activity teaches; `activity_evaluation.py`: what was thought of it.
- `plan.py`, `invitation.py`, `recurrence.py`: what is planned, for whom, and on which days.
"""
