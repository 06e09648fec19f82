"""The Careers Hub: four services on one runtime.

Rooms:
- `pupils`, `audit`, `employers`, `reporting`: the services. Each owns its data, none imports another.
- `runtime`: the machinery that each service stands on. Imports no service.
- `web`: what people see, shared by the services.
- `areas`: the open data of the areas that ship with the package.
- `demo`: a synthetic year of careers work, posted through the public API.
- `local.py`: the embedded Hub. `__main__.py`: the `careers-hub` command line.

Start at `pupils/__init__.py`, then follow one event with the README.
"""
