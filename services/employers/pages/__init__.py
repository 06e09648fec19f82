"""The pages of `employers`, for whoever is signed in, and for an employer also by a link.

- `rounds.py`: a coordinator's rounds and one round; `line.py`: one match of it and what can be done with it;
  `questions.py`: why not this employer, what stays unmet; `what_if.py`: the plan that there would be.
- `needs.py`: a school's needs, suggestions and matches; `own.py`: what an employer keeps and answers itself.
- `directory.py`: employers, vetting, possible duplicates; `advisers.py`: Enterprise Advisers and handovers.
- `own_adviser.py`: an adviser's schools, and what they can give; `recommending.py`: whom they recommend to a
  school; `doors.py`: which pages of which schools somebody may open.
- `map_page.py`: the schools and employers on a map; `map_drawing.py`: where the dots lie.

`site.py` has the templates and what every page shares, `words.py` the codes in plain English, `fields.py`
how a form's texts become the bodies of the API. Pages call the views and commands that the API calls.
"""
