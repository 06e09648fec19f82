"""Tests of the pure rules of Enterprise Advisers: no store, no routes.

`stable_matching_instances.json` holds three published instances with their matchings, as facts, from the
tests and documentation of the package `matching` (H. Wilde, MIT licence); each names its place there.
"""
