"""Serves camera set-up on this machine: ``python -m dashboards.operator`` with Streamlit's own options."""

from __future__ import annotations

import sys
from pathlib import Path

APP = Path(__file__).parent / "app.py"


def main() -> None:
    """Hands the process to Streamlit; the last options win, so that it is reached from this machine only."""
    from streamlit.web import cli

    fixed = ["--browser.gatherUsageStats=false", "--server.address=127.0.0.1"]
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:], *fixed]
    cli.main()


if __name__ == "__main__":
    main()
