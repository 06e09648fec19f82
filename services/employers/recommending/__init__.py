"""Employers that Enterprise Advisers recommend to the schools that they work with: a soft rule of rounds.

Owns `adviser_recommendations` and `adviser_recommendations_versions`, one document for each relationship and
employer. No account is tied to an adviser, so a coordinator says it on the adviser's behalf. Nothing is told:
the next solve of a round takes it up (`views/gathering.py`), and its plan shows the part `adviser`. The rules
are in `advising/recommendation.py`.
"""
