"""Site-local metres, and the way to them from any coordinate reference system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyproj
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LocalFrame:
    """Site-local metres: a projected CRS shifted to the site's origin, x to the east and y to the north."""

    crs: str
    origin_lon: float
    origin_lat: float

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    @cached_property
    def origin_m(self) -> Floats:
        """Easting and northing of the origin in the CRS."""
        return np.array(self._transformer.transform(self.origin_lon, self.origin_lat))

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Metres of the CRS per metre on the ground at the origin, along its meridian and its parallel.

        Not finite where the projection does not reach.
        """
        factors = pyproj.Proj(self.crs).get_factors(self.origin_lon, self.origin_lat)
        return float(factors.meridional_scale), float(factors.parallel_scale)

    def from_lonlat(self, lonlat: Floats) -> Floats:
        """WGS84 longitude and latitude (n, 2) to local metres (n, 2)."""
        lon, lat = np.asarray(lonlat).T
        return np.column_stack(self._transformer.transform(lon, lat)) - self.origin_m

    def from_crs(self, crs: str, places: Floats) -> Floats:
        """Places (n, 2) in any CRS, easting or longitude first, to local metres (n, 2)."""
        x, y = np.asarray(places).T
        transformer = pyproj.Transformer.from_crs(crs, self.crs, always_xy=True)
        return np.column_stack(transformer.transform(x, y)) - self.origin_m

    def to_lonlat(self, local_m: Floats) -> Floats:
        """Local metres (n, 2) to longitude and latitude (n, 2)."""
        easting, northing = (np.asarray(local_m) + self.origin_m).T
        return np.column_stack(self._transformer.transform(easting, northing, direction="INVERSE"))

    def to_crs(self, crs: str, local_m: Floats) -> Floats:
        """Local metres (n, 2) to places (n, 2) in any CRS, easting or longitude first."""
        easting, northing = (np.asarray(local_m) + self.origin_m).T
        transformer = pyproj.Transformer.from_crs(self.crs, crs, always_xy=True)
        return np.column_stack(transformer.transform(easting, northing))
