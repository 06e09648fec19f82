"""Vetting before first use: who decided what about an employer, when, and what was checked.

Owns `employer_vetting`, one document an employer with all its decisions. `store.vetted_employers` is what the
matching may choose from. The rules are in `model/vetting.py`, the lists in `terms/vetting-*.json`.
"""
