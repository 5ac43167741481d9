import polars as pl
import pytest

from tests import builders


def test_the_contract_refuses_an_impossible_covariance():
    import dataframely as dy

    from geo.trajectories import Trajectories

    good = builders.trajectories((1, [(0, 0, 0), (1, 1, 1)]))
    with pytest.raises(dy.exc.ValidationError):
        Trajectories.validate(good.with_columns(cov_xy_m2=pl.lit(1.0)))
