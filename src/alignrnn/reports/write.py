"""A report on disk.

report.html            one page, complete in itself
report.md              the same for GitHub
figures/<name>.png     each figure, as report.md shows it
figures/<name>.pdf     and for a paper
"""

import copy
from pathlib import Path

from ..files import atomic
from .document import Document
from .html import to_html
from .markdown import to_markdown


def write_report(document: Document, directory: Path) -> None:
    """Write the report; the same document always gives the same files."""
    figures = directory / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    for picture in document.pictures:
        for ending, metadata in (("png", {}), ("pdf", {"CreationDate": None})):
            with atomic(figures / f"{picture.name}.{ending}", "wb") as file:
                # A copy, as drawing moves what a layout engine has placed.
                copy.deepcopy(picture.figure).savefig(
                    file, format=ending, dpi=150, metadata=metadata
                )
    for name, text in (
        ("report.md", to_markdown(document, figures.name)),
        ("report.html", to_html(document)),
    ):
        with atomic(directory / name, "wb") as file:
            file.write(text.encode())
