"""A round from files, for `careers-hub match`: what they hold, and what is assumed where they are silent.

- `tables.py`: schools and employers from CSV, in the columns of `services/areas/data`;
- `needs.py`: needs, and perhaps offers, locks and exclusions, from JSON;
- `defaults.py`: what an employer is taken to offer if the JSON names no offers;
- `answer.py`: what the command prints, as one value.

The format, with an example that can be run: `docs/matching.md`.
"""
