"""The use cases that change something, one function each, each in one unit of work.

`roll.py` imports a roll; `activities.py` records, corrects and retracts; `participations.py` takes a table of
one row a pupil and activity. `looking_up.py` is what they have in common: naming pupils, activities and sheets.
Each returns its receipt as JSON that holds no pupil's name or number.
"""
