"""How large a round may be: each limit is well above the largest Hub, and what passes it a mistake.

A Careers Hub is 20 to 40 schools (domain §4); 5,000 employers offering five things each solve in well under
a second. Within these limits a solve may still take long, so it also has a time box (`solver.py`).
"""

from __future__ import annotations

from typing import Final

MOST_SCHOOLS: Final = 200
MOST_EMPLOYERS: Final = 20_000
MOST_OFFERS: Final = 60_000
MOST_NEEDS: Final = 2_000
MOST_SETTLED: Final = 20_000
"""Locks, exclusions, schools and employers kept apart, lines of the last plan: each."""
MOST_SLOTS: Final = 200
"""Of one need. A school year has 190 days."""
MOST_SLOTS_IN_ALL: Final = 20_000
MOST_PUPILS: Final = 3_000
"""At one encounter: the largest secondary schools of England have about as many."""
MOST_CAPACITY: Final = 1_000
"""Of one offer, of an ask budget, and of asks already made."""
MOST_COUNTED: Final = 100_000
"""Encounters or pupils of one school, by sector or size."""
MOST_RADIUS_KM: Final = 1_500
"""The length of Great Britain and more."""
MOST_PROBLEMS: Final = 50
"""Listed of one round; more do not help anybody to put it right."""
