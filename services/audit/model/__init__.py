"""What an evaluation is, in pure code: no store, clock or chance; time and ids come in as arguments.

`framework.py` is what a framework's file says, `framework_check.py` whether it fits together. `answers.py`
turns answers into points and states, `scores.py` points into scores. `sheet.py` is an evaluation being
answered, with `evidence.py`; `evaluation.py` decides what a completed one does to those that a school has
already. `derived.py` is what records answer; `comparison.py`, `snapshot.py` and `sharing.py` are where the
school stands, and for whom.

`versions.py` is how everything else changes: told anew by somebody who has seen the current version.
`department.py` and `department_matrix.py`: the department audit. `question_set.py`, `survey.py`,
`survey_results.py` and `voice.py`: who is asked what, and what may be shown. `resources.py`: time, money,
training. `plan.py`, `plan_calendar.py` and `suggestion.py`: the action plan.
"""
