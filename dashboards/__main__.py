"""Serves the dashboard behind the wall: ``python -m dashboards`` with Streamlit's own options."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards.release import data_folder
from dashboards.wall import confine

APP = Path(__file__).parent / "app.py"


def main() -> None:
    """Raises the wall while this process has one thread, then hands it to Streamlit."""
    for barred in ("restricted", "recordings"):
        confine(data_folder() / barred)
    from streamlit.web import cli

    sys.argv = ["streamlit", "run", str(APP), "--browser.gatherUsageStats=false", *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
