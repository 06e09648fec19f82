"""Where a school's careers programme stands: self-evaluations against the Gatsby Benchmarks.

Owns, in a database per school: `evaluations`, each stored whole with the points behind its scores. History
stays: a later evaluation of an academic year supersedes the earlier one, nothing is deleted.

Emits (`contracts/audit.py`): EvaluationCompleted, with the scores only if the school shares them. Reads no
one's events.

Invariants:
- a score is floored, and achieved means every applicable point; what does not apply has no score;
- of a school's evaluations of one academic year exactly one stands, the one with the latest `completed_on`;
- the same content is one evaluation, whatever the number of times that it is sent;
- an evaluation is made against the framework of the day on which it was completed, and stays there.

Start at `api/evaluations.py`, then `commands/evaluations.py` and `model/evaluation.py`. What the frameworks
say is data, in `frameworks/`.
"""
