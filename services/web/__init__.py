"""What people see, shared by the services; it knows the shape of their answers and imports none of them.

`terminal.py`: the Hub report as a table. `pages.py`: pages for a browser, over `templates/` (the layout) and
`static/` (the stylesheet). A service's own templates and routes are with the service (`pages.py`,
`templates/`).
"""
