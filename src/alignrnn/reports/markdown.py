"""A report as a Markdown file, as GitHub shows it."""

import re

from .document import (
    SIGNS,
    Block,
    Cell,
    Document,
    Picture,
    Section,
    Table,
    paragraphs,
    parse,
    picture_anchor,
)


def to_markdown(document: Document, figures: str = "figures") -> str:
    """The report; its pictures are links to `<name>.png` in the folder `figures`."""
    notice = [f"> {_strong(document.banner)}"] if document.banner else []
    parts = [f"# {_text(document.title)}", *notice]
    parts += [_block(block, figures) for block in document.lead]
    for section in document.sections:
        parts += _heading(section)
        parts += [_block(block, figures) for block in section.blocks]
    if document.facts:
        parts += ['<a id="facts"></a>', "## How this was made", _facts(document)]
    return "\n\n".join(parts) + "\n"


def _heading(section: Section) -> list[str]:
    # GitHub makes anchors of titles; links in the text are to the section's own id.
    return [f'<a id="{section.id}"></a>', f"## {_text(section.title)}"]


def _block(block: Block, figures: str) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Picture):
        image = f"![{_text(block.alternative)}]({figures}/{block.name}.png)"
        return f'<a id="{picture_anchor(block)}"></a>\n\n{image}\n\n{_paragraph(block.caption)}'
    return "\n\n".join(_paragraph(text) for text in paragraphs(block))


def _table(table: Table) -> str:
    # Markdown has one row of headings: a column's says its group too.
    header = [
        _inline(f"{group}: {name}" if group and name else group or name)
        for group, columns in table.grouped
        for name, _ in columns
    ]
    rules = ["---:" if numeric else ":---" for numeric in table.numeric]
    rows = [[_cell(cell) for cell in row] for row in table.cells]
    return f"{_strong(table.caption)}\n\n" + _grid([header, rules, *rows])


def _cell(cell: Cell) -> str:
    text = f"{SIGNS[cell.mark]} {_inline(cell.text)}" if cell.mark in SIGNS else _inline(cell.text)
    return f"{text}<br><sub>{_inline(cell.note)}</sub>" if cell.note else text


def _facts(document: Document) -> str:
    rows = [[_text(name), _inline(value)] for name, value in document.facts.items()]
    return _grid([["what", "value"], [":---", ":---"], *rows])


def _grid(rows: list[list[str]]) -> str:
    # In code, too, GitHub takes the backslash before a bar away.
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _strong(text: str) -> str:
    return f"**{_inline(text, bold=True)}**"


def _inline(text: str, bold: bool = False) -> str:
    """`bold` where all around already is: Markdown has no bold within bold."""
    pieces, depth, href = [], int(bold), ""
    for token in parse(" ".join(text.split())):
        depth += token.type == "strong_open"
        match token.type:
            case "text":
                pieces.append(_text(token.content))
            case "code_inline":
                pieces.append(f"`{token.content}`")
            case "strong_open" | "strong_close" if depth == 1:
                pieces.append("**")
            case "link_open":
                href = token.attrs["href"]
                pieces.append("[")
            case "link_close":
                pieces.append(f"]({href})")
        depth -= token.type == "strong_close"
    return "".join(pieces)


def _text(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An underscore within a word means itself.
    return re.sub(r"[\\`*\[\]~$]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


def _paragraph(text: str) -> str:
    # What would make a list or a heading of it is escaped.
    return re.sub(r"^(\d*)([-+.)#])(?=[\s#])", r"\1\\\2", _inline(text))
