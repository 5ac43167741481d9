"""Gives back what AppTest takes."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _main_module(monkeypatch):
    """AppTest leaves its script in the place of ``__main__``, which processes started later would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
