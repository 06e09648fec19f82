"""Tests of the employers service."""
