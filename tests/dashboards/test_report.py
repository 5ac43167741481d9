import re

import pytest

from dashboards.figures.plan import FURNITURE, SURFACES
from dashboards.release import open_latest
from dashboards.report import site_report
from dashboards.report_drawings import as_hex
from tests import builders


@pytest.mark.parametrize("colour", [*SURFACES.values(), FURNITURE])
def test_every_colour_of_a_plan_is_one_that_typst_takes(colour):
    assert re.fullmatch("#[0-9a-f]{6}([0-9a-f]{2})?", as_hex(colour))


def test_a_pale_colour_stays_pale():
    assert as_hex("rgba(126,166,112,0.5)") == "#7ea67080"


def test_the_report_of_a_site_with_a_plan_is_a_pdf(counted_day):
    release = open_latest(counted_day.settings.released)
    assert site_report(release, builders.selection(), "gate").startswith(b"%PDF-")
