"""Where a school's careers programme stands, by the Gatsby Benchmarks, and what the school does next.

Owns, in a database per school: `evaluations`, with the points behind their scores; `sheets`, the answers and
evidence of those that are answered here, with every earlier answer; `sharing`, with every decision; the
department audit, stakeholder surveys with their anonymous answers, resources and training, the action plan;
`statutory`: how each duty is met and published, and who is named for careers; `impact_reviews`: what
participants and peers judge of the programme's impact. History stays: a later evaluation of an academic year
supersedes the earlier one, everything else keeps its earlier versions, nothing is deleted. The governor pack
(`pages/`) is composed of all that, and keeps nothing.

Emits (`contracts/audit.py`): EvaluationCompleted, EvaluationSuperseded, EvaluationShared, EvaluationUnshared;
scores, states of criteria and weak benchmarks only if the school shares them; PlanProgressed, counts and
criteria of the action plan. Reads of `pupils`: roll,
coverage and intended destinations, in the read model `school_records`.

Invariants:
- a score is floored, and achieved means every applicable point; what does not apply has no score;
- of a school's evaluations of one academic year exactly one stands, the one with the latest `completed_on`;
- the same content is one evaluation, whatever the number of times that it is sent;
- an evaluation keeps the version of the framework that it was begun with, and is scored by it for ever;
- two people who change the same thing: the second is refused and loses nothing of the first's;
- what records derive stands beside what the school declares, and never replaces it;
- the Hub hears of scores only by an explicit decision, and of each withdrawal;
- nobody can join an answer to the link that it was given by, or work out what a few people answered;
- a school's score never stands beside a national share of schools as if they could be compared;
- no address that a school states is ever fetched.

Start at `api/drafts.py`, then `model/sheet.py` and `model/answers.py`; at `model/evaluation.py` for what
completing does; at `model/versions.py` for the rest. What the frameworks ask is data, in `frameworks/`; so
are the questions of the surveys (`surveys/`), what answers are held against (`facts/`), what old answers say
under a newer framework (`rescoring/`), `checklists/`, `governors/` (questions) and `impact/`. National
reference figures are in `services/national`.
"""
