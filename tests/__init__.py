"""Tests. Prefer the embedded store and broker to mocks; wait for conditions, never for time."""
