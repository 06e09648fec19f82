"""What people see, shared by the services; it knows the shape of their answers and imports none of them.

- `routing.py`: a `PageRouter` declares pages, each with a permission; whoever is not signed in is sent to
  sign in. `session.py`: the cookie, and that a form comes from a page of ours. `visit.py`: who looks, where.
- `front.py`: the front door, signing in and out; by `provider.py` (OpenID Connect) or, on the embedded Hub,
  `local_people.py`. `navigation.py`: the one navigation over all services' pages.
- `pages.py`: a template becomes a page; `components.py`: the GOV.UK Design System's components; `words.py`:
  how numbers and days are written; `forms.py`: what a browser sends; `schools.py`: the schools' names.
- `live.py`: tells open pages that something moved. `charts.py`: where a chart's bars lie.
- `assets.py`: GOV.UK Frontend, fetched when the Hub is installed. `static/`, `templates/`: our own.
- `terminal.py`: the Hub report as a table.
"""
