"""Forbids skips where PASSANT_FORBID_SKIPS is set, and makes one small counted day for tests to read."""

import os
from pathlib import Path

import hypothesis
import pytest

from tests import builders

# The same examples on every machine, however slow; --hypothesis-profile=explore draws new ones.
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("PASSANT_FORBID_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which is forbidden here: {report.longrepr}"


@pytest.fixture(scope="session")
def counted_day(tmp_path_factory) -> builders.CountedDay:
    """A day of the small test site, from recording to release, counted from recorded boxes. Do not change it."""
    return builders.counted_day(tmp_path_factory.mktemp("counted"))


@pytest.fixture
def data(tmp_path) -> Path:
    """An empty data folder with the small test site in it."""
    builders.write_site(tmp_path / "data" / "sites" / "crossroads")
    return tmp_path / "data"
