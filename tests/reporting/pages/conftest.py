"""A Hub for the tests of its pages."""

from __future__ import annotations

from tests.reporting.attainment.conftest import hub

__all__ = ["hub"]
