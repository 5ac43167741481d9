"""The dashboard in headless Chromium: a server of its own, a page that notes what goes wrong, and waiting."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATHS = {
    "overview": "", "site": "site", "place": "place", "movements": "movements", "speeds": "speeds",
    "conflicts": "conflicts", "plaza": "plaza", "compare": "compare", "quality": "quality",
    "downloads": "downloads", "methods": "methods",
}  # fmt: skip
# Whatever else the machine does: nothing that works takes as long, and nothing waits for it to pass.
PATIENCE_S = 300


@contextmanager
def serving(data: Path, module: str = "dashboards", **environment: str) -> Iterator[str]:
    """The address of the dashboard of a data folder, or of another of our servers, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", module, "--server.headless=true", f"--server.port={port}"]
    given = {**os.environ, "PASSANT_DATA": str(data), **environment}
    process = subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(process, f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def _wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.3)


@contextmanager
def browsing() -> Iterator[Any]:
    """A Chromium."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE_S)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def reading(browser: Any, servers: Sequence[str], **options: Any) -> Iterator[Any]:
    """A page that notes its script errors in ``failures`` and what it asks anybody else in ``elsewhere``."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, "accept_downloads": True, **options})
    context.set_default_timeout(1000 * PATIENCE_S)
    page = context.new_page()
    page.elsewhere, page.failures = [], []
    own = (*servers, *(server.replace("http", "ws") for server in servers), "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else page.elsewhere.append(r.url))
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    yield page
    context.close()


def visit(page: Any, address: str, heading: str) -> None:
    """Opens an address and waits until the page with that heading is at rest."""
    page.goto(address)
    arrive(page, heading)


def arrive(page: Any, heading: str) -> None:
    """Waits until the page with that heading is at rest."""
    page.get_by_role("heading", name=heading, exact=True, level=1).wait_for()
    settle(page)


def settle(page: Any) -> None:
    """Waits until the script that runs has run and every chart is drawn.

    After a click wait for what it brings about first (``expect``): how soon the script begins is the machine's affair.
    """
    page.wait_for_timeout(300)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
        " && !document.querySelector('[data-stale=true]')"
        " && [...document.querySelectorAll('.js-plotly-plot')].every(p => p.querySelector('.main-svg'))"
    )
    page.wait_for_timeout(400)
