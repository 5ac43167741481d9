"""Which failures are worth another try: a busy warehouse or a full disk is, wrong input is not."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from detectors.video import RecordingError
from detectors.weights import WeightsError
from geo.site import SiteError
from pipelines.policies import PolicyError
from pipelines.stages.expiries import ExpiredError

# 10, 20 and 40 s, give or take, so that steps that failed together do not try again together.
retries = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


@contextmanager
def wrong_input() -> Iterator[None]:
    """Fails at once, with the message alone, where trying again cannot help."""
    try:
        yield
    except (ExpiredError, PolicyError, RecordingError, SiteError, WeightsError) as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
