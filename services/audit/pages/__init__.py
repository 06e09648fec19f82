"""The HTML and PDF routes of `audit`, and how a paper is rendered.

`governor_pack.py`: the routes; `html.py`: a paper as a page, from `templates/`; `pdf.py`: the same paper as a
PDF; `chart.py`: where the bars of a chart lie, for both. `survey.py`: a survey as the holder of a link
answers it; `survey_form.py`: what its form sends and shows.

For whoever is signed in (`site.py`): `evaluation.py`, `plan.py` and `overview.py`, which has the governors'
way in and the sharing of scores.
"""
