"""The Careers Hub: four services on one runtime.

Rooms:
- `pupils`, `audit`, `employers`, `reporting`: the services. Each owns its data, none imports another.
- `runtime`: the machinery that each service stands on. Imports no service.
- `web`: what people see, shared by the services.
- `areas`: the open data of the areas that ship with the package. `national`: national reference figures.
- `connectors`: clients that read a school's own systems, for the public API.
- `demo`: a synthetic year of careers work, posted through the public API.
- `local`: the embedded Hub. `command_line`: `careers-hub`. `recount*.py`: every figure counted again.

Start at `pupils/__init__.py`, then follow one event with the README.
"""
