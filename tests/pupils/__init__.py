"""Tests of the pupils service: its model by itself, then its routes over the real store."""
