"""Where a school's careers programme stands, by the Gatsby Benchmarks, and what the school does next.

Owns, in a database per school: `evaluations`, each stored whole with the points behind its scores; the
department audit, stakeholder surveys with their anonymous answers, resources and training, the action plan;
`statutory`: how each duty is met and published, and who is named for careers; `impact_reviews`: what
participants and peers judge of the programme's impact. History stays: a later evaluation of an academic year
supersedes the earlier one, everything else keeps its earlier versions, nothing is deleted. The governor pack
(`pages/`) is composed of all that, and keeps nothing.

Emits (`contracts/audit.py`): EvaluationCompleted, with the scores only if the school shares them. Reads no
one's events.

Invariants:
- a score is floored, and achieved means every applicable point; what does not apply has no score;
- of a school's evaluations of one academic year exactly one stands, the one with the latest `completed_on`;
- the same content is one evaluation, whatever the number of times that it is sent;
- an evaluation is made against the framework of the day on which it was completed, and stays there;
- two people who change the same thing: the second is refused and loses nothing of the first's;
- nobody can join an answer to the link that it was given by, or work out what a few people answered;
- a school's score never stands beside a national share of schools as if they could be compared;
- no address that a school states is ever fetched.

Start at `api/evaluations.py`, then `commands/evaluations.py` and `model/evaluation.py`; for the rest at
`model/versions.py`. What the frameworks say is data, in `frameworks/`; so are the questions of the surveys
(`surveys/`), what answers are held against (`facts/`), `checklists/`, `governors/` (questions, national
figures) and `impact/`.
"""
