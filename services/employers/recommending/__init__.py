"""Employers that Enterprise Advisers recommend to the schools that they work with: a soft rule of rounds.

Owns `adviser_recommendations` and `adviser_recommendations_versions`, one document for each relationship and
employer. An adviser says it themselves (`own_adviser/`), or a coordinator on their behalf. Nothing is told:
the next solve of a round takes it up (`views/gathering.py`), and its plan shows the part `adviser`. The rules
are in `advising/recommendation.py`.
"""
