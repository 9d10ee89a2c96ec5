"""Tests of the accounts, on the embedded engine."""
