"""A document as a page, as Markdown and as files."""

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from alignrnn.reports import (
    Cell,
    Document,
    Picture,
    Section,
    Table,
    Text,
    plain,
    to_html,
    to_markdown,
    write_report,
)

HOSTILE = "<b>&amp; \"x\" 'y' | <script>alert(1)</script>"
BANNER = "Quick budget"


def picture(name="curves", caption="Curves.", alternative="Two curves rise"):
    figure = Figure(figsize=(5, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([1, 2, 3], [1, 10, 100], ".-", label="LRA & <BPTT>")
    left.set_yscale("log")
    left.xaxis.set_major_formatter(lambda value, _: f"{value:g} it")
    figure.colorbar(right.pcolormesh([[0.0, 1.0], [2.0, 3.0]], rasterized=True), ax=right)
    figure.legend(loc="outside upper center")
    return Picture(name, figure, caption, alternative)


def table(caption="Accuracy"):
    return Table(
        caption=caption,
        header=("task", "T = 10", "T = 20", "ended"),
        groups=(("", 1), ("BPTT", 2), ("", 1)),
        words=("ended",),
        rows=(
            ("adding", Cell("99.84", "published 99.90, 3 runs", "good"), "98", "solved"),
            ("digits", Cell("70.1", mark="bad"), Cell("not run", mark="muted"), "stopped"),
            ("parity", "100", Cell("not run", mark="muted"), "solved"),
        ),
    )


def document(*blocks, **changes):
    given = {
        "title": "A report",
        "lead": ("In short.",),
        "sections": (
            Section("one", "Section one", blocks),
            Section("two", "Section two", (Text(("First.", "Second.")),)),
        ),
        "facts": {"machine": "two cores", "time": "3 s"},
        "banner": BANNER,
    }
    return Document(**(given | changes))


def illustrated():
    return document(table(), picture("a"), picture("b"))


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The files of a report over those of an earlier one."""
    directory = tmp_path_factory.mktemp("report")
    write_report(document(picture("a"), title="Before"), directory)
    write_report(illustrated(), directory)
    return directory


@pytest.fixture(scope="module")
def page(directory):
    return (directory / "report.html").read_text()


class Elements(HTMLParser):
    """The start tags of a page, each with its attributes, and the text outside of the style."""

    def __init__(self, page):
        super().__init__()
        self.all, self.text, self._tag = [], "", ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._tag = tag
        self.all.append((tag, dict(attributes)))

    def handle_startendtag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self._tag != "style":
            self.text += data

    def of(self, *tags):
        return [attributes for tag, attributes in self.all if tag in tags]


def test_a_page_is_whole_and_needs_nothing_else(page):
    elements = Elements(page)
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "<title>A report</title>" in page
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in elements.of(
        "meta"
    )
    assert not elements.of("script", "img", "iframe")
    assert [link["href"] for link in elements.of("link")] == ["data:,"]
    assert not re.search(r"""(?:src|href)=["']https?:|@import|url\(["']?http""", page)


def test_every_table_and_figure_is_on_the_page_in_the_terms_of_html(page):
    elements = Elements(page)
    assert (
        len(elements.of("table")) == len(elements.of("caption")) == len(elements.of("thead")) == 1
    )
    assert [svg["aria-label"] for svg in elements.of("svg")] == ["Two curves rise"] * 2
    assert [svg["role"] for svg in elements.of("svg")] == ["img"] * 2
    assert [figure["id"] for figure in elements.of("figure")] == ["figure-a", "figure-b"]
    assert page.count("<figcaption>Curves.</figcaption>") == 2
    scopes = [th["scope"] for th in elements.of("th")]
    assert scopes == ["col", "colgroup", "col", "col", "col", *["row"] * 3]
    assert [th.get("colspan") for th in elements.of("th") if th["scope"] == "colgroup"] == ["2"]
    assert [th["rowspan"] for th in elements.of("th") if "rowspan" in th] == ["2", "2"]
    assert [a["href"] for a in elements.of("a")] == ["#one", "#two", "#facts"]
    assert {"one", "two", "facts"} <= {x["id"] for _, x in elements.all if "id" in x}
    for words in ("First.", "Second.", "machine", "two cores", "published 99.90, 3 runs"):
        assert words in elements.text


def test_a_mark_is_not_only_a_colour():
    elements = Elements(to_html(document(table())))
    assert "✓\xa099.84" in elements.text
    assert "✗\xa070.1" in elements.text
    markdown = to_markdown(document(table()))
    assert "✓ 99.84<br><sub>published 99.90, 3 runs</sub>" in markdown
    assert "✗ 70.1" in markdown


def test_numbers_go_to_the_right_and_words_to_the_left():
    assert table().numeric == (False, True, True, False)
    assert "| :--- | ---: | ---: | :--- |" in to_markdown(document(table()))
    assert len([td for td in Elements(to_html(document(table()))).of("td") if "class" in td]) == 6


def test_a_column_is_aligned_by_what_it_is_of_not_by_what_is_in_it():
    lengths = Table("t", ("task", "T = 10", "T = 20"), (("adding", "solved", "99.84"),))
    assert lengths.numeric == (False, True, True)
    assert "| :--- | ---: | ---: |" in to_markdown(document(lengths))


def test_the_banner_is_at_the_top_and_nowhere_else():
    page = to_html(document())
    assert page.count(BANNER) == 1
    assert page.index(f"<p>{BANNER}</p>") < page.index("<h1>")
    assert to_markdown(document()).startswith(f"# A report\n\n> **{BANNER}**\n")
    assert to_markdown(document()).count(BANNER) == 1
    without = document(banner=None)
    assert 'class="banner"' not in to_html(without)
    assert "> **" not in to_markdown(without)


def hostile():
    cells = (plain(HOSTILE), Cell(plain(HOSTILE), plain(HOSTILE)))
    return document(
        plain(HOSTILE),
        Table(plain(HOSTILE), (plain(HOSTILE),) * 2, (cells,), ((plain(HOSTILE), 2),)),
        picture("a", plain(HOSTILE), HOSTILE),
        title=HOSTILE,
        facts={HOSTILE: plain(HOSTILE)},
        banner=plain(HOSTILE),
    )


def test_text_is_text_on_the_page():
    page = to_html(hostile())
    elements = Elements(page)
    assert not elements.of("script", "b")
    assert elements.of("svg")[0]["aria-label"] == HOSTILE
    boxes = [box for box in elements.of("div") if box.get("role") == "region"]
    assert [box["aria-label"] for box in boxes] == [HOSTILE] * 2
    # Title twice; banner; paragraph; caption, as the table's name an attribute; group, two
    # headings, three in cells; caption of the picture; fact.
    assert elements.text.count(HOSTILE) == 2 + 1 + 1 + 1 + 1 + 2 + 3 + 1 + 2


def test_text_is_text_in_markdown():
    text = to_markdown(hostile())
    assert "<script" not in text
    assert "<b>" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}
    assert re.search(r"!\[&lt;b&gt;&amp;amp; .*\]\(figures/a\.png\)", text)


@pytest.mark.parametrize(
    ("text", "html", "markdown"),
    [
        ("`a|b` c", "<code>a|b</code> c", "`a|b` c"),
        ("**a** b", "<strong>a</strong> b", "**a** b"),
        ("[`r.csv`](runs/r.csv)", '<a href="runs/r.csv"><code>r.csv</code></a>',
         "[`r.csv`](runs/r.csv)"),
        ("[a](https://b.org/?c&d=1)", '<a href="https://b.org/?c&amp;d=1">a</a>',
         "[a](https://b.org/?c&d=1)"),
        ("[a](#one)", '<a href="#one">a</a>', "[a](#one)"),
        ("**[a](b) c**", '<strong><a href="b">a</a> c</strong>', "**[a](b) c**"),
        ("[a](javascript:x)", "[a](javascript:x)", r"\[a\](javascript:x)"),
        ("[a](//b.org)", "[a](//b.org)", r"\[a\](//b.org)"),
        ("[a](b 'c')", '<a href="b">a</a>', "[a](b)"),
        ("[a](<javascript:x>)", "[a](&lt;javascript:x&gt;)", r"\[a\](&lt;javascript:x&gt;)"),
        ("**a **b** c**", "<strong>a <strong>b</strong> c</strong>", "**a b c**"),
        ("*a* __b__ _**c**_", "*a* __b__ _<strong>c</strong>_", r"\*a\* \_\_b\_\_ \_**c**\_"),
        ("2 * 3 _x_ a_b ~c~ $d$", "2 * 3 _x_ a_b ~c~ $d$", r"2 \* 3 \_x\_ a_b \~c\~ \$d\$"),
        (r"\`a\` \**b", "`a` **b", r"\`a\` \*\*b"),
        ("- a", "- a", r"\- a"),
        ("1. a", "1. a", r"1\. a"),
        ("## a", "## a", r"\## a"),
        ("a\n\nb", "a b", "a b"),
        (plain("`a` **b** [c](d) \\`"), "`a` **b** [c](d) \\`",
         r"\`a\` \*\*b\*\* \[c\](d) \\\`"),
    ],
)  # fmt: skip
def test_the_markup_of_text(text, html, markdown):
    assert f"<p>{html}</p>" in to_html(document(text))
    assert f"\n\n{markdown}\n\n" in to_markdown(document(text))


def test_bold_within_bold_is_one_bold_in_markdown():
    assert "> **a b c**" in to_markdown(document(banner="a **b** c"))


def test_no_two_things_of_a_page_have_one_id_and_every_reference_leads_somewhere(page):
    ids = [attributes["id"] for _, attributes in Elements(page).all if "id" in attributes]
    assert len(ids) == len(set(ids)) > 50
    references = set(re.findall(r'url\(#([^)"]+)\)|href="#([^"]+)"', page))
    assert len(references) > 10
    assert {one or other for one, other in references} <= set(ids)


def test_the_text_of_a_figure_is_text_and_its_fonts_fall_back_to_one_without_serifs(page):
    svg = re.search(r"(?s)<svg.*?</svg>", page)[0]
    texts = ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter("text")]
    assert "LRA & <BPTT>" in texts
    assert "2 it" in texts
    families = re.findall(r"font-family: ([^;\"]*)", svg)
    assert families
    assert all(family.endswith("sans-serif") for family in families)
    assert "<style" not in svg
    assert "<metadata" not in svg


def files(directory):
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_same_document_gives_the_same_bytes(directory, tmp_path):
    again = illustrated()
    for _ in range(2):  # also of figures that were drawn before
        write_report(again, tmp_path)
        assert files(tmp_path) == files(directory)
    for name, content in files(directory).items():
        assert not re.search(rb"CreationDate|<dc:date|tIME", content), name


def test_a_report_is_written_whole_and_over_an_earlier_one(directory):
    written = files(directory)
    assert set(written) == {
        "report.html", "report.md", "figures/a.png", "figures/a.pdf", "figures/b.png",
        "figures/b.pdf",
    }  # fmt: skip
    assert written["figures/a.png"].startswith(b"\x89PNG")
    assert written["figures/a.pdf"].startswith(b"%PDF")
    assert b"Before" not in written["report.html"] + written["report.md"]


def test_markdown_has_every_table_and_figure_and_its_links_lead_to_files(directory):
    text = (directory / "report.md").read_text()
    assert "| task | BPTT: T = 10 | BPTT: T = 20 | ended |" in text
    assert "| machine | two cores |" in text
    assert "First.\n\nSecond." in text
    links = re.findall(r"!\[Two curves rise\]\(([^)]*)\)", text)
    assert links == ["figures/a.png", "figures/b.png"]
    for link in links:
        assert (directory / link).is_file()
    assert "(elsewhere/a.png)" in to_markdown(illustrated(), "elsewhere")


def test_a_picture_may_stand_in_the_lead():
    lead = document(lead=(picture("first"),))
    assert [each.name for each in lead.pictures] == ["first"]
    assert "(figures/first.png)" in to_markdown(lead)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Table("t", ("a", "b"), (("1",),)), "a row of 1 cells under 2 columns"),
        (lambda: Table("t", ("a", "b"), (), (("g", 1),)), "the groups must be over all columns"),
        (lambda: Table("t", ("a",), (), words=("b",)), "no column is named 'b'"),
        (lambda: document(picture("b"), picture("b")), "'figure-b'"),
        (lambda: document(sections=(Section("facts", "", ()),)), "'facts'"),
        (lambda: document(sections=(Section("a b", "", ()),)), "'a b' cannot name"),
        (lambda: document(picture("../a")), "cannot name"),
    ],
)
def test_what_cannot_be_a_document_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
