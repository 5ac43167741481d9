"""Camera set-up in headless Chromium: a control point clicked, a line drawn, the site saved and read again."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

from geo.site import read_site
from pipelines.audit import AuditLog
from pipelines.inbox import Inbox
from pipelines.sites import read_documents
from tests import builders
from tests.browsing import settle

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCREENSHOTS = Path("data/var/screenshots")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def own_day(tmp_path):
    """A counted day to change."""
    return builders.counted_day(tmp_path)


@pytest.fixture
def server(own_day):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dashboards.operator", "--server.headless=true", f"--server.port={port}"]
    temporary = own_day.settings.data / "temporary"  # beside what may not be changed; what holds the data folder is not
    temporary.mkdir()
    environment = {**os.environ, "PASSANT_DATA": str(own_day.settings.data), "TMPDIR": str(temporary)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(address):
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


@pytest.fixture
def page(server):
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian package chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1360, "height": 1500})
        page.elsewhere = []
        page.on(
            "request",
            lambda r: page.elsewhere.append(r.url) if not r.url.startswith((server, "ws", "data:", "blob:")) else None,
        )
        page.goto(server)
        page.get_by_role("heading", name="Camera set-up", exact=True).wait_for(timeout=60_000)
        yield page
        browser.close()


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


def step(page, name):
    page.get_by_role("radio", name=name, exact=True).click()
    page.get_by_role("radio", name=name, exact=True, checked=True).wait_for()
    page.wait_for_timeout(1500)
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
    svg.get_by_role("button").nth(points).wait_for(timeout=30_000)


def value(page, label):
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def test_a_camera_is_set_up(page, own_day):
    from playwright.sync_api import expect

    page.get_by_role("button", name="Load the reference frame").click()
    page.get_by_text("From pole__").wait_for(timeout=30_000)

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
    page.get_by_text("Saved. The next run of a day uses it.").wait_for(timeout=30_000)

    site = read_site(read_documents(own_day.site_folder), "crossroads")
    assert site.calibrations["pole"].points == 9
    (drawn,) = [line for line in site.lines if line.line_id == "line_1"]
    assert [round(c) for corner in drawn.path for c in corner] == [3, 2, 3, 10]

    step(page, "Tracks")
    page.get_by_role("button", name="Load the last recording's tracks").click()
    page.get_by_text("From pole__").wait_for(timeout=30_000)
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
    page.get_by_role("button", name="Load the reference frame").click(timeout=60_000)
    page.get_by_text("From corner__").wait_for(timeout=240_000)
    step(page, "Save")
    page.get_by_text("A valid site").wait_for(timeout=120_000)
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
