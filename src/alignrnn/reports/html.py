"""A report as one page that needs nothing else: no script, no network, no other file."""

import copy
import io
import re
from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree

import matplotlib

from .document import (
    SIGNS,
    Block,
    Cell,
    Document,
    Inline,
    Picture,
    Section,
    Table,
    paragraphs,
    parse,
    picture_anchor,
)


def to_html(document: Document) -> str:
    """The page; the same document always gives the same one."""
    return "\n".join(line for line in _page(document) if line) + "\n"


def _page(document: Document) -> Iterator[str]:
    yield f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<link rel="icon" href="data:,">
<title>{escape(document.title)}</title>
<style>{_STYLE}</style>
</head>
<body>"""
    if document.banner:
        yield f'<div class="banner" role="note"><p>{_inline(document.banner)}</p></div>'
    yield '<main class="page">'
    yield f"<header>\n<h1>{escape(document.title)}</h1>"
    yield from map(_block, document.lead)
    yield "</header>"
    yield _contents(document)
    yield '<div class="sections">'
    for section in document.sections:
        yield from _section(section)
    if document.facts:
        yield '<section id="facts">'
        yield f"<header><h2>{_FACTS}</h2></header>"
        yield '<dl class="facts">'
        for name, value in document.facts.items():
            yield f"<div><dt>{escape(name)}</dt><dd>{_inline(value)}</dd></div>"
        yield "</dl>\n</section>"
    yield "</div>\n</main>\n</body>\n</html>"


_FACTS = "How this was made"

# No script, and nothing from elsewhere, whatever the text says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def _contents(document: Document) -> str:
    entries = [(section.id, section.title) for section in document.sections]
    entries += [("facts", _FACTS)] if document.facts else []
    items = "\n".join(f'<li><a href="#{id}">{escape(title)}</a></li>' for id, title in entries)
    return f'<nav aria-label="Contents">\n<p>Contents</p>\n<ol>\n{items}\n</ol>\n</nav>'


def _section(section: Section) -> Iterator[str]:
    yield f'<section id="{section.id}">'
    yield f"<header><h2>{escape(section.title)}</h2></header>"
    yield from map(_block, section.blocks)
    yield "</section>"


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Picture):
        return _figure(block)
    return "\n".join(f"<p>{_inline(text)}</p>" for text in paragraphs(block))


def _table(table: Table) -> str:
    # The box scrolls where the table is wider; with a name and a place in the tab order, it does
    # so for a keyboard and a screen reader too.
    label = escape(_words(table.caption))
    classes = [' class="number"' if numeric else "" for numeric in table.numeric]
    body = "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{_cell(cell)}</th>'
            if index == 0
            else f"<td{classes[index]}>{_cell(cell)}</td>"
            for index, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.cells
    )
    return f"""\
<div class="table" role="region" aria-label="{label}" tabindex="0">
<table>
<caption><div>{_inline(table.caption)}</div></caption>
<thead>
{_header(table, classes)}
</thead>
<tbody>
{body}
</tbody>
</table>
</div>"""


def _header(table: Table, classes: list[str]) -> str:
    names = [
        f'<th scope="col"{kind}>{_inline(name)}</th>'
        for name, kind in zip(table.header, classes, strict=True)
    ]
    if not table.groups:
        return f"<tr>{''.join(names)}</tr>"
    upper, lower = "", ""
    column = 0
    for text, span in table.groups:
        own = "".join(names[column : column + span])
        column += span
        if text:
            upper += f'<th scope="colgroup" colspan="{span}"><div>{_inline(text)}</div></th>'
            lower += own
        else:
            upper += own.replace("<th ", '<th rowspan="2" ')
    return f"<tr>{upper}</tr>\n<tr>{lower}</tr>"


def _cell(cell: Cell) -> str:
    text = _inline(cell.text)
    if cell.mark in SIGNS:
        text = f"{SIGNS[cell.mark]}&nbsp;{text}"
    if cell.mark:
        text = f'<span class="{cell.mark}">{text}</span>'
    return f"{text} <small>{_inline(cell.note)}</small>" if cell.note else text


def _figure(picture: Picture) -> str:
    return f"""\
<figure id="{picture_anchor(picture)}">
<div class="card" role="region" aria-label="{escape(_words(picture.caption))}" tabindex="0">
{_svg(picture)}
</div>
<figcaption>{_inline(picture.caption)}</figcaption>
</figure>"""


def _svg(picture: Picture) -> str:
    """The figure as an element of the page: text is text, and no id is another figure's."""
    file = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "alignrnn"}):
        # A copy, as drawing moves what a layout engine has placed.
        copy.deepcopy(picture.figure).savefig(
            file,
            format="svg",
            dpi=200,  # of what is rasterized
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    svg = ElementTree.fromstring(file.getvalue())
    for parent in list(svg.iter()):
        for child in list(parent):
            # Its one rule would be for the whole page.
            if child.tag.endswith("}style"):
                parent.remove(child)
    # A point cannot be part of a section's id.
    prefix = f"{picture_anchor(picture)}."
    for element in svg.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {
            name.rpartition("}")[2]: _attribute(name.rpartition("}")[2], value, prefix)
            for name, value in element.attrib.items()
        }
    width = float(svg.attrib["width"].removesuffix("pt")) * 4 / 3
    svg.attrib = {
        "viewBox": svg.attrib["viewBox"],
        "role": "img",
        "aria-label": picture.alternative,
        "style": f"--natural: {width:.0f}px; max-width: {1.25 * width:.0f}px",
    }
    return ElementTree.tostring(svg, encoding="unicode")


def _attribute(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return prefix + value
    if name == "href" and value.startswith("#"):
        return f"#{prefix}{value[1:]}"
    value = re.sub(r"url\(#", f"url(#{prefix}", value)
    if name == "style":
        # Where the font is missing, not the browser's serif.
        value = re.sub(r"(font-family: '[^;]*')(?=;|$)", r"\1, Verdana, sans-serif", value)
    return value


def _inline(text: str) -> str:
    return _pieces(parse(text))


def _pieces(pieces: tuple[str | Inline, ...]) -> str:
    return "".join(_text(piece) if isinstance(piece, str) else _styled(piece) for piece in pieces)


def _text(text: str) -> str:
    # What equals what stays on one line, and so does a short word with a hyphen.
    text = escape(text).replace(" = ", "&nbsp;=&nbsp;")
    return re.sub(r"(?<![\w-])\w{1,4}(?:-\w+)+(?![\w-])", r'<span class="whole">\g<0></span>', text)


def _styled(piece: Inline) -> str:
    content = _pieces(piece.content)
    if piece.kind == "link":
        return f'<a href="{escape(piece.href)}">{content}</a>'
    tag = {"code": "code", "bold": "strong"}[piece.kind]
    return f"<{tag}>{content}</{tag}>"


def _words(text: str) -> str:
    """The text without its markup."""

    def words(pieces: tuple[str | Inline, ...]) -> str:
        return "".join(
            piece if isinstance(piece, str) else words(piece.content) for piece in pieces
        )

    return words(parse(text))


_STYLE = """
:root {
  color-scheme: light;
  --page: #ffffff; --ink: #1c2025; --soft: #57606a; --line: #d3d9df; --rule: #1c2025;
  --tint: #f4f6f8; --link: #0b57b0; --good: #0f6b2f; --bad: #a5182c;
  --notice: #fff3cf; --notice-ink: #553a00; --notice-line: #d9a51c; --shadow: rgb(0 0 0 / .22);
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #15181c; --ink: #e3e7eb; --soft: #a2acb6; --line: #353c44; --rule: #8b959f;
    --tint: #1f242a; --link: #82b7ff; --good: #6fd38c; --bad: #ff9a94;
    --notice: #362a08; --notice-ink: #f3d78a; --notice-line: #8f6f17; --shadow: rgb(0 0 0 / .7);
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word;
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); text-underline-offset: .15em; text-decoration-thickness: .06em; }
a:hover { text-decoration-thickness: .12em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
/* A word is broken only where a line of its own is too short for it; code and paths anywhere. */
code {
  overflow-wrap: anywhere;
  font: .875em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  background: var(--tint); padding: .1em .3em; border-radius: .25em;
}
.page { max-width: 66rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
p, h2, nav, .facts { max-width: 44rem; }
p { margin: 0 0 1rem; }
h1 { font-size: clamp(1.6rem, 1.3rem + 1.3vw, 2.1rem); line-height: 1.2; margin: 0 0 1rem;
     letter-spacing: -.015em; text-wrap: balance; }
h2 { font-size: 1.4rem; line-height: 1.3; margin: 0; letter-spacing: -.01em; text-wrap: balance; }
section { margin-top: 3rem; }
section > header { border-top: 1px solid var(--line); padding-top: 1.25rem; margin-bottom: 1rem; }

.banner p {
  max-width: none; margin: 0; padding: .6rem 1.25rem; text-align: center; font-weight: 600;
  background: var(--notice); color: var(--notice-ink); border-bottom: 1px solid var(--notice-line);
}

nav { margin: 2rem 0; font-size: .9375rem; }
nav p { margin: 0 0 .4rem; font-size: .8125rem; font-weight: 600; color: var(--soft); }
nav ol { list-style: none; margin: 0; padding: 0; columns: 18rem; column-gap: 2rem; }
nav li { padding: .15rem 0; break-inside: avoid; line-height: 1.4; }
nav a { display: block; padding: .1rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }

.table {
  container-type: inline-size; overflow-x: auto; margin: 1.75rem 0;
  /* A shadow on the right while there is more to scroll to. */
  background:
    linear-gradient(to left, var(--page) 40%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(to left, var(--shadow), transparent) right / .6rem 100% no-repeat scroll,
    var(--page);
}
table {
  border-collapse: separate; border-spacing: 0; min-width: 100%; font-size: .875rem;
  line-height: 1.4; font-variant-numeric: tabular-nums;
}
caption { text-align: left; padding: 0 0 .6rem; font-weight: 500; font-size: .9375rem; }
caption > div { position: sticky; left: 0; max-width: min(44rem, 100cqw); }
th, td { padding: .45rem .75rem; text-align: left; vertical-align: top; }
th { font-weight: 600; }
thead th { vertical-align: bottom; border-bottom: 1px solid var(--rule); }
thead tr:first-child th { border-top: 2px solid var(--rule); }
thead th[scope=colgroup] { text-align: center; border-bottom: 0; padding-bottom: 0; }
th[scope=colgroup] > div { border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
tbody tr:not(:last-child) > * { border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 2px solid var(--rule); }
tbody th { font-weight: 500; }
.number { text-align: right; }
td.number { white-space: nowrap; }
td.number small { white-space: normal; }
tr > :first-child:not([scope=colgroup]) { position: sticky; left: 0; background: var(--page); }
thead tr + tr > :first-child:not([scope=row]) { position: static; background: none; }
small { display: block; font-size: .75rem; line-height: 1.35; color: var(--soft);
        font-weight: 400; text-wrap: balance; }
.whole { white-space: nowrap; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.muted { color: var(--soft); }

figure { margin: 1.75rem 0; }
.card { background: #fff; border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; }
.card svg { display: block; width: 100%; height: auto; margin: 0 auto;
            stroke-linejoin: round; stroke-linecap: butt; overflow-wrap: normal; }
figcaption { max-width: 44rem; margin-top: .6rem; font-size: .875rem; line-height: 1.5;
             color: var(--soft); }

.facts { margin: 0; font-size: .9375rem; }
.facts > div { display: grid; grid-template-columns: minmax(7rem, 12rem) minmax(0, 1fr);
               gap: .1rem 1rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }

@media screen and (max-width: 36rem) {
  .page { padding: 1.5rem 1rem 3rem; }
  .card { padding: .25rem; }
  table { font-size: .8125rem; }
  th, td { padding: .45rem .4rem; }
  .card { overflow-x: auto; }
  .card svg { min-width: min(36rem, var(--natural)); }
  tbody th { min-width: 6.5rem; box-shadow: 1px 0 var(--line); }
  .facts > div { grid-template-columns: minmax(0, 1fr); }
}
@media screen and (min-width: 84rem) {
  .page { display: grid; grid-template: auto 1fr / 14rem minmax(0, 1fr); column-gap: 3.5rem;
          max-width: 84rem; }
  .page > header, .sections { grid-column: 2; }
  nav { grid-area: 1 / 1 / span 2; position: sticky; top: 2rem; align-self: start;
        margin: .5rem 0 0; max-height: calc(100vh - 4rem); overflow-y: auto; }
}
@page { size: A4; margin: 14mm 14mm 16mm; }
@media print {
  /* As the head of a table is repeated on every page, so is the banner. */
  body { display: table; table-layout: fixed; width: 100%; font-size: 10pt; line-height: 1.45; }
  .banner { display: table-header-group; break-inside: avoid; }
  .banner p { margin-bottom: 5mm; padding: 1.5mm 3mm; font-size: 9pt;
                    border: 1px solid var(--notice-line); }
  .page { max-width: none; padding: 0; }
  p, h2, nav, .facts, figcaption { max-width: none; }
  h1 { font-size: 20pt; }
  h2 { font-size: 14pt; }
  section { margin-top: 9mm; }
  section > header, h2 { break-after: avoid; break-inside: avoid; }
  p, figcaption { orphans: 3; widows: 3; }
  .table { container-type: normal; overflow: visible; background: none; }
  table { font-size: 8pt; }
  table, table td.number { overflow-wrap: anywhere; white-space: normal; }
  caption { break-after: avoid; font-size: 9pt; }
  caption > div { position: static; max-width: none; }
  th, td { padding: 1mm 1.5mm; }
  small { font-size: 6.5pt; }
  thead { display: table-header-group; }
  tbody th { min-width: 24mm; }
  tr, .table, figure, .facts > div { break-inside: avoid; }
  tr > :first-child:not([scope=colgroup]) { position: static; }
  .card { border: 0; padding: 0; }
  .banner p, .card { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .facts, figcaption { font-size: 9pt; }
  a { color: inherit; }
}
"""
