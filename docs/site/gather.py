"""Gathers the pages of the site in one folder, ready to be built from.

    python docs/site/gather.py build/docs

A forge shows docs as it lies, with links that may lead out of it (../examples/small.toml), formulas
between dollars, and notebooks. A site has only what is in its folder. So each page goes there with
its links turned to where their targets go, with its formulas as MathML, which a browser shows by
itself, and notebooks as pages.
"""

import posixpath
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MOVED = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Pages that lie outside docs, and what the site calls them."""
OUTSIDE = "files"
"""The folder of all other files outside docs that pages link to."""
LINK = re.compile(r'(?P<before>\]\(|\b(?:src|href)=")(?P<path>[^)\s"#:]+)(?=[)\s"#])')
CODE = re.compile(
    r"(^ *```.*?^ *```$|(?<=\n\n)(?: {4}[^\n]*\n)+|`+[^`\n]+`+)", re.DOTALL | re.MULTILINE
)
NORM = "<mo>&#x02016;</mo>"
"""‖, which would grow with what is beside it, each by itself."""
ADDED = r"\mathrel{+}="
"""Of which a space would be made between the two signs."""
FORMULA = re.compile(r"\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+)\$", re.DOTALL)


def pages() -> list[Path]:
    """Every page of the site, where it lies."""
    inside = [p for kind in ("*.md", "*.ipynb") for p in (ROOT / "docs").rglob(kind)]
    return sorted(inside) + [ROOT / name for name in MOVED]


def place(source: str) -> str | None:
    """Where in the site a file of the repository is; None: it is not there of itself."""
    if source in MOVED:
        return MOVED[source]
    if not source.startswith("docs/"):
        return None
    folder, name = posixpath.split(source.removeprefix("docs/"))
    name = "index.md" if name == "README.md" else name
    return posixpath.join(folder, re.sub(r"\.ipynb$", ".md", name))


def gather(target: Path) -> None:
    """All pages, and every file that is beside them or that they link to."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "docs", target, ignore=_left_out)
    for page in pages():
        own = page.relative_to(ROOT).as_posix()
        goes_to = target / str(place(own))
        text, pictures = _read(page)
        for name, content in pictures.items():
            _write(goes_to.parent / name, content)
        taken: list[str] = []
        text = outside_code(lambda part: formulas(links(part, own, taken)), text)  # noqa: B023
        _write(goes_to, text.encode())
        for name in taken:
            goes_to = target / (place(name) or f"{OUTSIDE}/{name}")
            if goes_to.is_file():  # taken before, or a picture of a notebook
                continue
            if not (ROOT / name).is_file():
                sys.exit(f"{own}: a link to {name}, which is no file")
            _write(goes_to, (ROOT / name).read_bytes())


def _left_out(_: str, names: list[str]) -> set[str]:
    """Pages, which are made; and the single page beside a report, which would have its name."""
    made = {name for name in names if name.endswith(".md")}
    return made | {f"{Path(name).stem}.html" for name in made} | ({"__pycache__"} & set(names))


def links(text: str, own: str, taken: list[str]) -> str:
    """The text of a page with its links turned. A link to a file outside docs goes to a copy, and
    the file is `taken`, whether it is there or not."""
    here = posixpath.dirname(str(place(own)))

    def turned(link: re.Match) -> str:
        named = posixpath.normpath(posixpath.join(posixpath.dirname(own), link["path"]))
        if (ROOT / named / "README.md").is_file():
            named = f"{named}/README.md"
        goes_to = place(named)
        if goes_to is None or not (ROOT / named).is_file():
            taken.append(named)
        goes_to = goes_to or f"{OUTSIDE}/{named}"
        return link["before"] + posixpath.relpath(goes_to, here or ".")

    return LINK.sub(turned, text)


def formulas(text: str) -> str:
    """The text of a page with its formulas as MathML."""
    from latex2mathml.converter import convert

    def shown(formula: re.Match) -> str:
        source = (formula["block"] or formula["inline"]).replace(ADDED, r"\;\text{+=}\;")
        if formula["block"]:
            made = f'<div class="formula">{convert(source, display="block")}</div>'
        else:
            made = f"<span>{convert(source)}</span>"
        return made.replace(NORM, NORM.replace("<mo", '<mo stretchy="false"'))

    return FORMULA.sub(shown, text)


def outside_code(change: Callable[[str], str], text: str) -> str:
    """A page's text with all changed that is no code."""
    parts = CODE.split(text)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))


def _read(page: Path) -> tuple[str, dict[str, bytes]]:
    """A page as Markdown, and the pictures of a notebook by name."""
    if page.suffix == ".md":
        return page.read_text(encoding="utf-8"), {}
    from nbconvert.exporters import MarkdownExporter

    names = {"output_files_dir": f"{page.stem}_files", "unique_key": page.stem}
    text, resources = MarkdownExporter().from_filename(str(page), resources=names)
    # A frame of pandas looks like any other table.
    text = re.sub(r"<style scoped>.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace('<table border="1" class="dataframe">', "<table>")
    return text, dict(resources["outputs"])


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    gather(Path(sys.argv[1]).resolve())
