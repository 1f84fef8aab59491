"""A report as one page that needs nothing else: no script, no network, no other file.

The page is in templates/: report.html, its blocks, and report.css. Here is what they ask for.
"""

import copy
import io
import re
from html import escape
from xml.etree import ElementTree

import jinja2
import matplotlib
from markdown_it.token import Token
from markupsafe import Markup

from .document import (
    SIGNS,
    Document,
    Picture,
    Table,
    paragraphs,
    parse,
    picture_anchor,
)


def to_html(document: Document) -> str:
    """The page; the same document always gives the same one."""
    return _TEMPLATES.get_template("report.html").render(document=document)


def _svg(picture: Picture) -> Markup:
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
        "style": f"--natural: {width:.0f}px",
    }
    return Markup(ElementTree.tostring(svg, encoding="unicode"))


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


def _inline(text: str) -> Markup:
    return Markup("").join(map(_piece, parse(text)))


def _piece(token: Token) -> Markup:
    match token.type:
        case "link_open":
            return Markup('<a href="{}">').format(token.attrs["href"])
        case "code_inline":
            return Markup("<code>{}</code>").format(_text(token.content))
        case "text":
            return _text(token.content)
    return Markup(f"<{'/' * (token.nesting < 0)}{token.tag}>")


def _text(text: str) -> Markup:
    # What equals what stays on one line, and so does a short word with a hyphen.
    text = escape(text).replace(" = ", "&nbsp;=&nbsp;")
    whole = r'<span class="whole">\g<0></span>'
    return Markup(re.sub(r"(?<![\w-])\w{1,4}(?:-\w+)+(?![\w-])", whole, text))


def _words(text: str) -> Markup:
    """The text without its markup."""
    return Markup(escape("".join(token.content for token in parse(text))))


_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader(__name__.rpartition(".")[0]),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters |= {
    "anchor": picture_anchor,
    "inline": _inline,
    "paragraphs": paragraphs,
    "svg": _svg,
    "words": _words,
}
_TEMPLATES.tests |= {
    "picture": lambda block: isinstance(block, Picture),
    "table": lambda block: isinstance(block, Table),
}
_TEMPLATES.globals["signs"] = SIGNS
