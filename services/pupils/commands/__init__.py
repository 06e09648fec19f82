"""The use cases that change something, one function each, each in one unit of work.

`roll.py` imports a roll, or says what an import would change; `rollover.py` makes next year's out of this
year's; `activities.py` records, corrects and retracts; `participations.py` takes a table of one row a pupil
and activity. `looking_up.py` and `keeping.py` are what the last two have in common: naming pupils, activities
and sheets before a decision, writing and telling it afterwards. `summaries.py` tells what is counted over all
pupils. `plans.py` and `plan_series.py` plan, `plan_responses.py` takes answers, `plan_recording.py` makes the
activity of a plan; `activity_evaluations.py` keeps what was thought of it.
What they return holds no pupil's name or number.
"""
