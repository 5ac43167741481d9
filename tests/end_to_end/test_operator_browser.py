"""Camera set-up in headless Chromium: a control point clicked, a line drawn, the site saved and read again."""

import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import expect

from geo.site import read_site
from pipelines.audit import AuditLog
from pipelines.inbox import Inbox
from pipelines.sites import read_documents
from tests import builders
from tests.browsing import CHROMIUM, browsing, reading, serving, settle, visit

pytestmark = pytest.mark.slow
SCREENSHOTS = Path("data/var/screenshots")


@pytest.fixture
def own_day(tmp_path):
    """A counted day to change."""
    return builders.counted_day(tmp_path)


@pytest.fixture
def server(own_day):
    temporary = own_day.settings.data / "temporary"  # beside what may not be changed; what holds the data folder is not
    temporary.mkdir()
    with serving(own_day.settings.data, "dashboards.operator", TMPDIR=str(temporary)) as address:
        yield address


@pytest.fixture
def page(server):
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian package chromium)")
    with browsing() as browser, reading(browser, (server,), viewport={"width": 1360, "height": 1500}) as page:
        visit(page, server, "Camera set-up")
        yield page


def violations(page, name):
    """What axe-core finds on a step, printed."""
    from axe_playwright_python.sync_playwright import Axe

    settle(page)  # what is being made anew is pale, which axe-core would take for its colour
    found = Axe().run(page).response["violations"]
    by_impact = Counter(violation["impact"] for violation in found for _ in violation["nodes"])
    print(f"\naxe operator, {name}: {dict(by_impact) or 'none'}", end="", file=sys.__stdout__, flush=True)
    return [
        (violation["id"], node["html"], node["failureSummary"])
        for violation in found
        if violation["impact"] in ("critical", "serious")
        for node in violation["nodes"]
    ]


STEPS = {
    "Control points": "Click a point in the picture",
    "Lines and zones": "Which one",
    "Tracks": "Every track of the last recording",
    "Save": "A valid site",
}


def step(page, name):
    page.get_by_role("radio", name=name, exact=True).click()
    page.get_by_text(STEPS[name]).first.wait_for()
    settle(page)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"operator_{name.lower().replace(' ', '_')}.png", full_page=True)
    assert violations(page, name) == []


def click_at(page, canvas, x, y):
    """Clicks a canvas at a place in its own units and waits for the new point."""
    svg = page.get_by_role("group", name=canvas)
    points = svg.get_by_role("button").count()
    at = svg.evaluate(
        "(svg, [x, y]) => { const p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()); return [p.x, p.y]; }",
        [x, y],
    )
    page.mouse.click(*at)
    svg.get_by_role("button").nth(points).wait_for()


def value(page, label):
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def test_a_camera_is_set_up(page, own_day):
    page.get_by_role("button", name="Load the reference frame").click()
    page.get_by_text("From pole__").wait_for()

    step(page, "Control points")
    expect(value(page, "Leave-one-out error")).to_have_text("0.000 m")
    click_at(page, "Picture of the camera", 100, 70)
    expect(value(page, "Complete points")).to_have_text("8")
    click_at(page, "Plan, north up", 10.4, -5)  # 40 cm to the east of where the picture shows it
    expect(value(page, "Complete points")).to_have_text("9")
    expect(value(page, "Leave-one-out error")).to_have_text(re.compile(r"0\.[1-3]\d\d m"))

    step(page, "Lines and zones")
    click_at(page, "Plan, north up", 3, -2)
    click_at(page, "Plan, north up", 3, -10)
    step(page, "Save")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved. The next run of a day uses it.").wait_for()

    site = read_site(read_documents(own_day.site_folder), "crossroads")
    assert site.calibrations["pole"].points == 9
    (drawn,) = [line for line in site.lines if line.line_id == "line_1"]
    assert [round(c) for corner in drawn.path for c in corner] == [3, 2, 3, 10]

    step(page, "Tracks")
    page.get_by_role("button", name="Load the last recording's tracks").click()
    page.get_by_text("From pole__").wait_for()
    expect(value(page, "Fragmented")).to_have_text("0 (0 %)")
    step(page, "Tracks")
    page.get_by_role("button", name="Load again").click()
    step(page, "Lines and zones")
    assert page.get_by_test_id("stException").count() == 0
    assert page.elsewhere == []

    log = AuditLog(own_day.settings.audit)
    Inbox(own_day.settings.inbox).fold(log)
    log.verify()
    assert {"operator_reference", "operator_tracks", "operator_save_site"} <= {e["action"] for e in log.entries()}


def test_a_site_is_made_from_a_recording(own_day, page):
    """From a folder with a recording to a site with a reference frame; nothing of it has been tracked."""
    data = own_day.settings.data
    builders.video(own_day.settings.recordings / "corner" / "corner_2026-06-11_09-00-00.mp4")
    (data / "demo").symlink_to(Path("data/demo").resolve())
    page.get_by_role("button", name="New site").click()
    page.get_by_text("From corner_2026-06-11_09-00-00.mp4").wait_for()
    page.get_by_label("Name", exact=True).fill("Corner")
    page.get_by_label("Identifier", exact=True).fill("Corner Square")
    page.get_by_label("Coordinate reference system", exact=True).fill("EPSG:25833")
    page.get_by_label("Origin, longitude (degrees, WGS84)").fill("13.7376")
    page.get_by_label("Origin, latitude (degrees, WGS84)").fill("51.0496")
    page.get_by_label("Detector weights", exact=True).fill("../../demo/detector.pt")
    page.screenshot(path=SCREENSHOTS / "operator_new_site.png", full_page=True)
    page.get_by_role("button", name="Make the site").click()
    page.get_by_text("lower-case letters, digits and _, such as market_square").last.wait_for()
    page.get_by_label("Identifier", exact=True).fill("corner_square")
    page.get_by_role("button", name="Make the site").click()
    page.get_by_role("button", name="Load the reference frame").click()
    page.get_by_text("From corner__").wait_for()
    step(page, "Save")
    page.get_by_text("A valid site").wait_for()
    assert page.elsewhere == []
    site = read_site(read_documents(own_day.settings.sites / "corner_square"), "corner_square")
    assert (site.name, site.frame.crs, site.camera("corner").size_px) == ("Corner", "EPSG:25833", (160, 120))

    log = AuditLog(own_day.settings.audit)
    Inbox(own_day.settings.inbox).fold(log)
    made = [entry for entry in log.entries() if entry["action"] == "operator_new_site"]
    assert [(entry["site"], entry["camera"]) for entry in made] == [
        ("Corner Square", "corner"),
        ("corner_square", "corner"),
    ]
