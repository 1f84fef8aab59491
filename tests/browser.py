"""A page as a reader meets it: in a real browser, wide and narrow, light and dark, and printed."""

import io
import re
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE, DESKTOP, PAPER = (380, 800), (1200, 900), (688, 1000)
"""Sizes in pixels; A4 is 688 wide within its margins."""
LEAST_LETTER = 8
"""Pixels of a figure's letters, on any screen."""

MEASURE = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const box = (element) => {
    const {left, right, width, height} = element.getBoundingClientRect();
    return {left, right, width, height, shown: element.checkVisibility()};
  };
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((value) => {
      value /= 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return luminance(color);
    }
    return 1;
  };
  const contrast = (element) => {
    const one = ground(element), other = luminance(getComputedStyle(element).color);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const written = all("body *").filter((element) => !element.closest("svg") &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const broken = written.filter((element) => !element.closest("code")).flatMap((element) =>
    [...element.childNodes].filter((node) => node.nodeType === 3).flatMap((node) =>
      [...node.data.matchAll(/[\\p{L}\\p{N}.]{2,}/gu)].filter((word) => {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map(({top}) => Math.round(top)));
        return lines.size > 1;
      }).map((word) => word[0])));
  const ids = all("[id]").map((element) => element.id);
  return {
    scroll: document.documentElement.scrollWidth,
    width: document.documentElement.clientWidth,
    ground: ground(document.body),
    tables: all("table").map((table) => ({
      ...box(table),
      name: table.caption?.checkVisibility() ? table.caption.textContent : "",
      scrolls: getComputedStyle(table.parentElement).overflowX === "auto",
      inside: box(table.parentElement),
    })),
    figures: all("figure svg").map((svg) => ({
      ...box(svg),
      name: svg.getAttribute("role") === "img" ? svg.getAttribute("aria-label") : "",
      ground: ground(svg),
      // Exponents are smaller than the number they stand by, and may be.
      letters: Math.min(...[...svg.querySelectorAll("text")].filter((text) =>
        !text.querySelector("tspan")).map((text) => {
          const {a, b} = text.getScreenCTM();
          return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
        })),
      scrolls: getComputedStyle(svg.parentElement).overflowX === "auto",
      inside: box(svg.parentElement),
    })),
    faint: written.filter((element) => contrast(element) < 4.5).map((element) => element.outerHTML),
    outside: written.filter((element) => !element.closest(".table")).map(
      (element) => ({...box(element), text: element.textContent})),
    broken,
    repeated: ids.filter((id, index) => ids.indexOf(id) !== index),
    dangling: all("[href^='#']").map((element) => element.getAttribute("href").slice(1))
      .filter((id) => !document.getElementById(id)),
  };
}"""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium of this machine; without one, the test is skipped and says why."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(
            "NOT TESTED IN A BROWSER: there is none of "
            + ", ".join(NAMES)
            + " on PATH; install one: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def check_page(
    path: Path,
    *,
    browser: Browser | None = None,
    tables: int | None = None,
    figures: int | None = None,
    banner: str | None = None,
) -> None:
    """All that must hold of a report's page; where told, that it has this many tables and figures
    and `banner` on every printed page. Opens a browser of its own unless it is given one."""
    if browser is None:
        with open_browser() as browser:
            check_page(path, browser=browser, tables=tables, figures=figures, banner=banner)
        return
    url = path.resolve().as_uri()
    context = browser.new_context(offline=True)
    try:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on(
            "request",
            lambda request: request.url == url or complaints.append(f"request: {request.url}"),
        )
        page.goto(url)
        for size in (PHONE, DESKTOP):
            for scheme in ("light", "dark"):
                _check_look(page, size, "screen", scheme, tables, figures)
        _check_drawn(page)
        for scheme in ("light", "dark"):
            _check_look(page, PAPER, "print", scheme, tables, figures)
        assert complaints == []
        if banner is not None:
            _check_printed_banner(page, banner)
    finally:
        context.close()


def _check_look(
    page: Page, size: tuple, media: str, scheme: str, tables: int | None, figures: int | None
):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(media=media, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
    seen = page.evaluate(MEASURE)
    where = f"{size[0]} px, {media}, {scheme}"
    dark = media == "screen" and scheme == "dark"
    assert seen["scroll"] <= seen["width"], where
    assert (seen["ground"] < 0.1) if dark else (seen["ground"] > 0.9), where
    assert seen["faint"] == [], where
    # On paper, where a table cannot scroll, a word may have to give way; no line holds a long one.
    assert media == "print" or [word for word in seen["broken"] if len(word) < 25] == [], where
    assert seen["repeated"] == [], where
    assert seen["dangling"] == [], where
    assert tables in (None, len(seen["tables"])), where
    for table in seen["tables"]:
        assert _is_shown(table), (where, table)
        assert table["name"].strip(), (where, table)
        # On a screen a table, or a figure, may scroll, on paper it cannot.
        assert media == "screen" or _fits(table, seen), (where, table)
        assert _fits(table, seen) or table["scrolls"], (where, table)
        assert _fits(table["inside"], seen), (where, table)
    assert figures in (None, len(seen["figures"])), where
    for figure in seen["figures"]:
        assert _is_shown(figure), (where, figure)
        assert media == "screen" or _fits(figure, seen), (where, figure)
        assert _fits(figure, seen) or figure["scrolls"], (where, figure)
        assert _fits(figure["inside"], seen), (where, figure)
        assert media == "print" or figure["letters"] >= LEAST_LETTER, (where, figure)
        assert figure["name"], (where, figure)
        assert (figure["ground"] < 0.1) if dark else (figure["ground"] > 0.9), (where, figure)
    for text in seen["outside"]:
        assert _fits(text, seen), (where, text)


def _check_drawn(page: Page) -> None:
    """That the first figure is ink on the page's own ground, light and dark: as it is drawn."""
    figure = page.query_selector("figure svg")
    if figure is None:
        return
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    for scheme, ground, ink in (("light", (0.9, 1), (0, 0.4)), ("dark", (0, 0.2), (0.6, 1))):
        page.emulate_media(media="screen", color_scheme=scheme)
        with Image.open(io.BytesIO(figure.screenshot())) as image:
            shades = np.asarray(image.convert("L")) / 255
        drawn = shades.min() if scheme == "light" else shades.max()
        assert ground[0] <= np.median(shades) <= ground[1], (scheme, np.median(shades))
        assert ink[0] <= drawn <= ink[1], (scheme, drawn)


def _is_shown(box: dict) -> bool:
    return box["shown"] and box["width"] > 10 and box["height"] > 10


def _fits(box: dict, seen: dict) -> bool:
    return box["left"] >= -0.5 and box["right"] <= seen["width"] + 0.5


def _check_printed_banner(page: Page, banner: str) -> None:
    # What a page draws differs with the colour of the banner, if the banner is on it.
    selector = ".banner"
    assert banner in page.inner_text(selector)
    recolored = "(element, color) => element.firstElementChild.style.setProperty('color', color)"
    drawn = []
    for color in ("", "rgb(1, 2, 3)"):
        page.eval_on_selector(selector, recolored, color)
        drawn.append(_drawn_pages(page.pdf(prefer_css_page_size=True)))
    assert len(drawn[0]) == len(drawn[1]) > 0
    for number, (one, other) in enumerate(zip(*drawn, strict=True), 1):
        assert one != other, f"the banner is not on printed page {number}"


def _drawn_pages(pdf: bytes) -> list[bytes]:
    """What each page of a Chromium's PDF draws, in PDF's own commands."""
    objects = {
        int(match[1]): match[2] for match in re.finditer(rb"(?s)(\d+) 0 obj\n(.*?)\nendobj", pdf)
    }
    pages = [text for text in objects.values() if re.search(rb"/Type\s*/Page\b", text)]
    contents = [objects[int(re.search(rb"/Contents (\d+) 0 R", text)[1])] for text in pages]
    return [zlib.decompress(text.split(b"stream\n", 1)[1]) for text in contents]
