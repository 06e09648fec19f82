"""Speed, as ratios: what our promises cost over the barest program that moves the same data.

`python -m benchmarks` runs everything; README.md says what each ratio compares and why that is fair.
`measure.py` interleaves the two sides and prints; `hub.py` starts the embedded Hub, or its store and broker
alone; `school_year.py`, `steady_load.py` and `ledger_events.py` make what is sent; `bare.py` is the other
side of the end-to-end ratios; `load_client.py`, `single_post_server.py` and `otlp_sink.py` are processes of
their own. Every other module is one benchmark, listed in `__main__.py`.

Invariant: a benchmark checks what it has measured (everything arrived, nothing refused), and fails rather
than print a number for work that was not done.
"""
