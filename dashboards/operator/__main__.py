"""Serves camera set-up on this machine: ``python -m dashboards.operator`` with Streamlit's own options."""

from __future__ import annotations

import sys
from pathlib import Path

from dashboards.release import data_folder
from dashboards.wall import forbid_changes

APP = Path(__file__).parent / "app.py"
# What an operator looks at and never changes; sites and the inbox are written, a detector keeps its settings in var.
READ_ONLY = ("restricted", "recordings", "released")


def main() -> None:
    """Forbids changes to what is only read, then hands the process to Streamlit.

    The last options win, so that it is reached from this machine only.
    """
    for name in ("inbox", "sites", "var"):
        (data_folder() / name).mkdir(parents=True, exist_ok=True)
    for name in READ_ONLY:
        forbid_changes(data_folder() / name)
    from streamlit.web import cli

    fixed = ["--browser.gatherUsageStats=false", "--server.address=127.0.0.1"]
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:], *fixed]
    cli.main()


if __name__ == "__main__":
    main()
