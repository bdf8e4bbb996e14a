"""The browser that the tests drive."""

from __future__ import annotations

import os
import shutil

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def browser_on_this_machine() -> str | None:
    """The browser of DIGEST_BROWSER or the first on PATH; None leaves the choice to Playwright's own."""
    return os.environ.get("DIGEST_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
