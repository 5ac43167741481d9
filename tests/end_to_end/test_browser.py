"""Every page in headless Chromium, served behind the wall, with no request leaving this machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

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


@pytest.fixture(scope="module")
def server(counted_day):
    """The dashboard of the small counted day, on a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dashboards", "--server.headless=true", f"--server.port={port}"]
    environment = {**os.environ, "PASSANT_DATA": str(counted_day.settings.data)}
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


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian package chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server):
    context = browser.new_context(viewport={"width": 1360, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.elsewhere = []
    page.on(
        "request",
        lambda r: page.elsewhere.append(r.url) if not r.url.startswith((server, "ws", "data:", "blob:")) else None,
    )
    page.failures = []
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    yield page
    context.close()


def visit(page, server, path, heading):
    page.goto(f"{server}/{path}")
    page.get_by_role("heading", name=heading, exact=True).wait_for(timeout=60_000)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')", timeout=60_000)


@pytest.mark.parametrize(
    ("path", "heading", "charts"), [("", "Map", 1), ("trends", "Trends", 2), ("downloads", "Downloads", 0)]
)
def test_every_page_opens(page, server, path, heading, charts):
    visit(page, server, path, heading)
    page.wait_for_function(f"document.querySelectorAll('.js-plotly-plot .main-svg').length >= {charts}", timeout=60_000)
    page.wait_for_timeout(800)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{heading.lower()}.png", full_page=True)
    assert page.locator(".js-plotly-plot").count() == charts
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.failures == []
    assert page.elsewhere == []


def test_a_link_reproduces_a_choice(page, server):
    visit(page, server, "trends?line=Gate+(pixels)", "Trends")
    page.get_by_role("heading", name="Gate (pixels): 2 crossings").wait_for(timeout=30_000)


def test_a_table_is_downloaded_as_released(page, server):
    import polars as pl

    visit(page, server, "downloads", "Downloads")
    with page.expect_download(timeout=60_000) as csv:
        page.get_by_role("button", name="flow_counts.csv").click()
    with page.expect_download(timeout=60_000) as parquet:
        page.get_by_role("button", name="flow_counts.parquet").click()
    rows = pl.read_parquet(parquet.value.path())
    assert rows["count"].sum() == 4
    assert pl.read_csv(csv.value.path()).height == rows.height
