"""What an evaluation is, in pure code: no store, clock or chance; time and ids come in as arguments.

`framework.py` is what a framework's file says. `scores.py` turns points into scores. `evaluation.py` decides
what a submission does to the evaluations that a school has already. Start with the last.
"""
