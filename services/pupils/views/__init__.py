"""What the school reads back. Views never write; the routes note reads of pupils in the access log first.

`roll.py`: the roll and the coverage · `pupils.py`: who is on roll, and one pupil with all activities ·
`activities.py` · `conversations.py` · `interests.py` · `destinations.py` · `self_assessments.py` ·
`plans.py`: what is to come and who is invited · `activity_evaluations.py` · `learning.py`: which learning
areas a year group meets · `criteria.py`: who is missing what. `pages.py` is what they share.
"""
