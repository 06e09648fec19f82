"""Speed, as ratios: what our promises cost over the barest program that moves the same data.

`python -m benchmarks` runs everything; README.md says what each ratio compares and why that is fair.
`measure.py` interleaves the two sides and prints; `substrate.py` starts a store and a broker on loopback;
`hub.py` starts real api and worker processes on them; `school_year.py` makes what schools post; `bare.py` is
the other side of the end-to-end ratios. Every other module is one benchmark, listed in `__main__.py`.

Invariant: a benchmark checks what it has measured (everything arrived, nothing refused), and fails rather
than print a number for work that was not done.
"""
