"""Take pictures of a running console for the README: `python scripts/console_picture.py URL FOLDER`.

Needs Chromium and a font with Chinese characters. Pictures are called `console-<language>-<theme>-<width>.png`.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
SIZES = {"1440": (1440, 900), "390": (390, 844)}


def take_pictures(
    url: str, folder: Path, languages: list[str], themes: list[str], sizes: list[str], settle_s: float
) -> None:
    """One picture for every language, theme and size."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for language, theme, size in itertools.product(languages, themes, sizes):
            target = folder / f"console-{language}-{theme}-{size}.png"
            take_picture(browser, f"{url}?lang={language}", theme, SIZES[size], settle_s, target)
        browser.close()


def take_picture(browser: Browser, url: str, theme: str, size: tuple[int, int], settle_s: float, target: Path) -> None:
    """One picture, once the map is drawn and the curves have begun."""
    # Without motion vehicles stand where they were, not on the way from one frame to the next.
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    page.add_init_script(f"localStorage.setItem('touyan.theme', '{theme}')")
    page.goto(url)
    page.wait_for_selector(".map[data-ready]")
    page.wait_for_timeout(settle_s * 1000)
    page.screenshot(path=target)
    page.close()


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="address that touyan demo printed")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--languages", default="zh,en")
    parser.add_argument("--themes", default="dark,light")
    parser.add_argument("--sizes", default="1440,390")
    parser.add_argument("--settle", type=float, default=6.0, help="seconds to let the city live before the picture")
    given = parser.parse_args()
    languages, themes, sizes = (given.languages.split(","), given.themes.split(","), given.sizes.split(","))
    take_pictures(given.url, given.folder, languages, themes, sizes, given.settle)


if __name__ == "__main__":
    main()
