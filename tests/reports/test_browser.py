"""A report in a real browser."""

import pytest
from matplotlib.figure import Figure

from alignrnn.reports import Cell, Document, Picture, Section, Table, write_report
from tests.browser import check_page, open_browser

BANNER = "Quick budget: not the paper's protocol"
LONG = "a" * 120


@pytest.fixture(scope="module")
def browser():
    with open_browser() as browser:
        yield browser


def wide_table(number: int, rows: int) -> Table:
    cells = [Cell("99.84", "published 99.84, 3 runs", mark) for mark in ("", "good", "bad")] * 3
    return Table(
        caption=f"Wide {number}, see [all runs](https://example.org/{LONG})",
        header=("task", *(f"T = {10 * (column + 1)}" for column in range(9))),
        groups=(("", 1), ("BPTT", 3), ("LRA-diff", 3), ("LRA-diff, regularised", 3)),
        rows=tuple(
            (Cell(f"inverse_initializer {LONG[:30]} {row}", mark="muted"), *cells)
            for row in range(rows)
        ),
    )


def picture(name: str, width: float) -> Picture:
    figure = Figure(figsize=(width, 3), layout="constrained")  # in letters of ten points
    for axis in figure.subplots(1, 2):
        axis.plot([1, 2, 3], [1, 10, 100])
        axis.set_yscale("log")
    return Picture(name, figure, f"Curves {LONG}", "Two rising curves")


def report() -> Document:
    return Document(
        title=f"A report {LONG}",
        banner=BANNER,
        lead=(f"A paragraph with `{LONG}` and [a link](#first).", wide_table(0, 2)),
        sections=(
            Section("first", "Few", (wide_table(1, 4), picture("narrow", 4))),
            Section("second", LONG, (wide_table(2, 40), picture("wide", 14), LONG)),
        ),
        facts={"command": f"`alignrnn reproduce --out {LONG}`", LONG: "x"},
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("report")
    write_report(report(), directory)
    return directory


def test_a_report_is_right_in_a_browser_narrow_and_wide_light_and_dark_and_printed(
    browser, directory
):
    check_page(directory / "report.html", browser=browser, tables=3, figures=2, banner=BANNER)


@pytest.mark.parametrize("wrong", [{"tables": 2}, {"figures": 3}])
def test_a_missing_table_or_figure_is_noticed(browser, directory, wrong):
    with pytest.raises(AssertionError):
        check_page(directory / "report.html", browser=browser, **wrong)


def test_without_a_browser_the_skip_says_how_to_get_one(directory, monkeypatch):
    monkeypatch.setenv("PATH", str(directory))
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        check_page(directory / "report.html")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<main", '<img src="https://example.org/x.png" alt=""><main'),
        ("<main", '<script>console.log("x")</script><main'),
        ("overflow-x: auto", "overflow-x: visible"),
        ("overflow-x: auto; background: #fff", "background: #fff"),
        ("min-width: calc(.7 * var(--natural))", "min-width: 0"),
        ("filter: invert(.9) hue-rotate(180deg)", ""),
        ("--soft: #a2acb6", "--soft: #404850"),
        ("display: table-header-group; break-inside: avoid", "display: block"),
        ("prefers-color-scheme: dark", "prefers-color-scheme: light"),
        ('aria-label="Two rising curves"', ""),
        ("figure-wide.axes_1", "figure-narrow.axes_1"),
        ("<caption>", "<caption hidden>"),
        ("overflow-wrap: break-word", "overflow-wrap: anywhere"),
        ("body {", "table { display: none; } body {"),
    ],
)
def test_what_is_wrong_with_a_page_is_noticed(browser, directory, tmp_path, old, new):
    text = (directory / "report.html").read_text()
    assert old in text
    banner = BANNER if "display: block" in new else None
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace(old, new))
    with pytest.raises(AssertionError):
        check_page(broken, browser=browser, tables=3, figures=2, banner=banner)
