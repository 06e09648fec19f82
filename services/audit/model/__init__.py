"""What an evaluation is, in pure code: no store, clock or chance; time and ids come in as arguments.

`framework.py` is what a framework's file says. `scores.py` turns points into scores. `evaluation.py` decides
what a submission does to the evaluations that a school has already. Start with the last.

`versions.py` is how everything else changes: told anew by somebody who has seen the current version.
`department.py` and `department_matrix.py`: the department audit. `question_set.py`, `survey.py`,
`survey_results.py` and `voice.py`: who is asked what, and what may be shown. `resources.py`: time, money,
training. `plan.py`, `plan_calendar.py` and `suggestion.py`: the action plan.
"""
