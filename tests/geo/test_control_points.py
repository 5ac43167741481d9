import numpy as np
import pyproj
import pytest

from geo.control_points import read_control_points
from geo.ground_plane import CalibrationError
from tests import builders


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "columns"),
        ("x_px,y_px,lon\n1,2,3\n", "columns: x_px, y_px and lon, lat"),
        ("x_px,y_px,lon,lat\n1,2,3,4\n1,two,3,4\n", "line 3"),
        ("x_px,y_px,lon,lat\n1,2,3\n", "line 2"),
        ("x_px,y_px,lon,lat\n1,2,nan,3\n", "line 2: a value is not finite"),
        ("x_px,y_px,lon,lat,easting_m,northing_m\n1,2,3,4,5,6\n", "both say where"),
    ],
)
def test_malformed_control_points_are_named(text, says):
    with pytest.raises(CalibrationError, match=says):
        read_control_points(text)


def test_easting_and_northing_are_read_too():
    points = read_control_points("x_px,y_px,easting_m,northing_m\n1,2,3,4\n")
    assert (points.pixels.tolist(), points.places.tolist(), points.system) == ([[1, 2]], [[3, 4]], "site")


PLACES = np.array([[1.0, 2.0], [30.0, -5.0], [12.0, 40.0]])


def written(columns, places):
    rows = "".join(f"1,2,{a!r},{b!r}\n" for a, b in np.asarray(places).tolist())
    return read_control_points(f"x_px,y_px,{columns}\n{rows}")


def test_degrees_and_metres_of_the_site_need_no_crs():
    assert written("lon,lat", builders.FRAME.to_lonlat(PLACES)).in_metres(builders.FRAME) == pytest.approx(
        PLACES, abs=1e-5
    )
    assert written("easting_m,northing_m", PLACES + builders.FRAME.origin_m).in_metres(builders.FRAME) == pytest.approx(
        PLACES, abs=1e-9
    )


@pytest.mark.parametrize(
    ("crs", "columns"),
    [
        ("EPSG:25832", "easting_m,northing_m"),
        ("EPSG:25832", "easting,northing"),
        ("EPSG:3857", "easting_m,northing_m"),
        ("EPSG:4258", "lon,lat"),
    ],
)
def test_any_other_crs_is_transformed(crs, columns):
    there = pyproj.Transformer.from_crs(builders.FRAME.crs, crs, always_xy=True)
    places = np.column_stack(there.transform(*(PLACES + builders.FRAME.origin_m).T))
    assert written(columns, places).in_metres(builders.FRAME, crs) == pytest.approx(PLACES, abs=1e-4)


@pytest.mark.parametrize(
    ("columns", "places", "crs", "says"),
    [
        ("easting,northing", PLACES, None, "in which CRS"),
        ("lon,lat", PLACES, "EPSG:25832", "do not fit"),
        ("easting_m,northing_m", PLACES, "EPSG:4258", "do not fit"),
        ("lon,lat", [[51.05, 13.74]], None, "km from the site's origin"),
        ("easting_m,northing_m", PLACES, None, "km from the site's origin"),
    ],
    ids=["no crs named", "degrees in a projected crs", "metres in degrees", "swapped", "another zone"],
)
def test_places_that_make_no_sense_are_refused(columns, places, crs, says):
    with pytest.raises(CalibrationError, match=says):
        written(columns, places).in_metres(builders.FRAME, crs)
