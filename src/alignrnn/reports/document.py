"""What a report consists of; how it looks is up to `to_html` and `to_markdown`.

Text is a little of Markdown: `code`, **bold** and [a link](href), also within each other. A link
leads to a web page, to a file beside the report, or to a `#section`. A backslash takes away the
meaning of the sign after it. All else is plain text, and so are titles, picture names, alternatives
and the names of facts.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from matplotlib.figure import Figure

Mark = Literal["", "good", "bad", "muted"]

SIGNS: Mapping[str, str] = {"good": "✓", "bad": "✗"}
"""What a mark shows beside its colour, which not everyone sees and not every format has."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table, with a smaller second line."""

    text: str
    note: str = ""
    mark: Mark = ""


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows; a plain string is a cell with nothing else.

    `words` are the headings of columns of words, which go to the left, as the first column does;
    all others are of numbers and go to the right. `groups` are headings over neighbouring columns,
    from left to right, each with the number of columns it is over; an empty one leaves its columns
    alone.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell | str, ...], ...]
    groups: tuple[tuple[str, int], ...] = ()
    words: tuple[str, ...] = ()

    def __post_init__(self):
        for heading in self.words:
            if heading not in self.header:
                raise ValueError(f"table {self.caption!r}: no column is named {heading!r}")
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(
                    f"table {self.caption!r}: a row of {len(row)} cells under {len(self.header)}"
                    " columns"
                )
        if self.groups and sum(span for _, span in self.groups) != len(self.header):
            raise ValueError(f"table {self.caption!r}: the groups must be over all columns")

    @property
    def cells(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows, with every string made a cell."""
        return tuple(
            tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row)
            for row in self.rows
        )

    @property
    def numeric(self) -> tuple[bool, ...]:
        """For each column, whether it is one of numbers, which go to the right."""
        return tuple(index > 0 and name not in self.words for index, name in enumerate(self.header))

    @property
    def grouped(self) -> tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]:
        """The groups, each with its columns: their headings, and whether they are of numbers."""
        columns = zip(self.header, self.numeric, strict=True)
        groups = self.groups or (("", len(self.header)),)
        return tuple((text, tuple(itertools.islice(columns, span))) for text, span in groups)


@dataclass(frozen=True)
class Picture:
    """A figure under the name of its files. `alternative` says what it shows to whoever cannot
    see it."""

    name: str
    figure: Figure
    caption: str
    alternative: str


@dataclass(frozen=True)
class Text:
    """Paragraphs."""

    paragraphs: tuple[str, ...]


Block = Text | Table | Picture | str
"""A plain string is one paragraph."""


@dataclass(frozen=True)
class Section:
    """A heading, which `#id` leads to, and what stands below it."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A report: `lead` stands before the sections, `facts` (settings, versions, machine, time)
    behind them. `banner` is a notice at the top, and in print the head of every page."""

    title: str
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    banner: str | None = None

    def __post_init__(self):
        anchors = ["facts", *(section.id for section in self.sections)]
        anchors += [picture_anchor(picture) for picture in self.pictures]
        for anchor in anchors:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", anchor):
                raise ValueError(f"{anchor!r} cannot name a section or a file: letters, digits, -_")
            if anchors.count(anchor) > 1:
                raise ValueError(f"two parts of the report go by the name {anchor!r}")

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All pictures, in their order."""
        blocks = [*self.lead, *(block for section in self.sections for block in section.blocks)]
        return tuple(block for block in blocks if isinstance(block, Picture))


def picture_anchor(picture: Picture) -> str:
    """What a link to a picture leads to, after the `#`."""
    return f"figure-{picture.name}"


def paragraphs(block: Text | str) -> tuple[str, ...]:
    """The paragraphs of a text, each on one line."""
    texts = (block,) if isinstance(block, str) else block.paragraphs
    return tuple(" ".join(text.split()) for text in texts)


# No other scheme than these, and no character that could end an attribute or a Markdown link.
_HREF = re.compile(r"""https?://[^\s()<>"'`|\\]+|(?!//)[^\s()<>"'`|\\:]+""")


def _only_bold(state: StateInline) -> None:
    """Of what emphasises in Markdown, two stars alone do here."""
    for token in state.tokens:
        if token.type.startswith(("em_", "strong_")) and token.markup != "**":
            token.type, token.nesting, token.content = "text", 0, token.markup


_MARKUP = MarkdownIt("zero").enable(["backticks", "emphasis", "escape", "link"])
_MARKUP.inline.ruler2.before("fragments_join", "only_bold", _only_bold)
_MARKUP.validateLink = lambda url: _HREF.fullmatch(url) is not None
_MARKUP.normalizeLink = lambda url: url


def parse(text: str) -> Sequence[Token]:
    """Text as `text`, `code_inline`, and the opening and closing of `strong` and `link`."""
    return _MARKUP.parseInline(text)[0].children or ()


def plain(text: str) -> str:
    """Markup that means exactly `text`, for what comes from elsewhere: a path, a message."""
    return re.sub(r"[\\`*\[\]]", r"\\\g<0>", text)
