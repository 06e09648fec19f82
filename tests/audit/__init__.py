"""Tests of the audit service."""
