"""Proposes which employer meets which school: an exact minimum-cost flow, fair to the worst-off school.

Pure: a round (`round.py`) and weights (`weights.py`) in, a plan (`plan.py`) out; no store, clock, chance or
file. The same round gives the same bytes, whatever order it was written in. Only `flow.py` imports ortools
and nothing here may be imported at the start of a process: `services/employers/solver.py` runs it in a
child that can be abandoned.

How a round becomes a plan, in order:
- `checks.py` refuses what cannot be meant, with every problem named; `geography.py` knows land from sea;
- `columns.py` turns it into arrays; `hard_rules.py` says which need and offer may meet at all (a rule that
  is broken is an absent arc); `costs.py` what a meeting costs, in named whole points;
- `fairness.py` prices each school's next slot by how little the school has; `graph.py` puts all into one
  network; `flow.py` solves it; `plan.py` is what comes out; `propose.py` is the way through all of these.

And what is asked of a plan afterwards:
- `explain.py`: the runner-up of a line and its exact loss, why an offer is not there, what binds;
- `repair.py`: the cheapest single change that fills a slot, found in the `residual.py` network;
- `compare.py`: two plans side by side (the price of fairness, what-if, shadow prices).

Invariants:
- no line breaks a hard rule, a capacity, an ask budget, an exclusion; every lock is a line;
- no plan with more lines exists; none of these is fairer (leximin over slots met by slots wanted); and none
  of these costs less;
- the parts of the lines' costs sum to the plan's cost.
"""
