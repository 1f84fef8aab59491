"""The site: every page is in its navigation, every public name described, no link broken."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import alignrnn
from tests.loaded import loaded

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def site():
    return loaded(ROOT / "docs" / "site" / "gather.py")


def test_the_navigation_names_every_page(site):
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = re.findall(r"^ +- .*?([\w/.-]+\.md)$", text, re.MULTILINE)
    there = [site.place(page.relative_to(ROOT).as_posix()) for page in site.pages()]
    assert sorted(named) == sorted(there)


def test_the_reference_has_every_public_name_once():
    pages = "".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md"))
    assert sorted(re.findall(r"^::: alignrnn\.(\w+)$", pages, re.MULTILINE)) == sorted(
        alignrnn.__all__
    )


def test_the_overview_of_the_reference_says_which_page_has_which_name():
    overview = (REFERENCE / "README.md").read_text(encoding="utf-8")
    for page, names in re.findall(r"^\| \[.*?\]\((\w+\.md)\) \| (.*) \|$", overview, re.MULTILINE):
        text = (REFERENCE / page).read_text(encoding="utf-8")
        assert re.findall(r"`(\w+)`", names) == re.findall(r"^::: alignrnn\.(\w+)$", text, re.M)


class TestLinks:
    def turned(self, site, text, own):
        taken = []
        return site.outside_code(lambda part: site.links(part, own, taken), text), taken

    def test_out_of_docs_they_go_to_a_copy(self, site):
        made = self.turned(site, "[a](../examples/small.toml)", "docs/guide.md")
        assert made == ("[a](files/examples/small.toml)", ["examples/small.toml"])
        made = self.turned(site, "[a](../../examples/small.toml)", "docs/rules/lra-diff.md")
        assert made == ("[a](../files/examples/small.toml)", ["examples/small.toml"])

    def test_a_folder_is_its_readme(self, site):
        made = self.turned(
            site, "[a](../frontier/README.md#x) [b](../real-data)", "docs/rules/uoro.md"
        )
        assert made == ("[a](../frontier/index.md#x) [b](../real-data/index.md)", [])

    def test_of_a_page_outside_docs_they_go_to_the_site(self, site):
        text = '[a](docs/guide.md) [b](CHANGELOG.md) <img src="docs/any-length/lengths.png">'
        made, taken = self.turned(site, text, "README.md")
        assert made == '[a](guide.md) [b](changelog.md) <img src="any-length/lengths.png">'
        assert not taken

    @pytest.mark.parametrize(
        "text", ["[a](https://example.org/x.md)", "`[a](../data.md)`", "[a](#data)"]
    )
    def test_nothing_else_is_touched(self, site, text):
        assert self.turned(site, text, "docs/rules/uoro.md") == (text, [])

    def test_one_that_leads_nowhere_ends_it(self, site, tmp_path, monkeypatch):
        (tmp_path / "docs").mkdir()
        for name in (*site.MOVED, "docs/data.md"):
            (tmp_path / name).write_text("[a](nowhere.md)")
        monkeypatch.setattr(site, "ROOT", tmp_path)
        monkeypatch.setattr(site, "formulas", lambda text: text)
        with pytest.raises(SystemExit, match=r"docs/data.md: a link to docs/nowhere\b"):
            site.gather(tmp_path / "build")


class _Links(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.links += [given[name] for name in ("href", "src") if given.get(name)]
        self.places |= {given[name] for name in ("id", "name") if given.get(name)}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The site, built as `make docs` builds it."""
    for package in ("zensical", "mkdocstrings_handlers", "latex2mathml", "nbconvert"):
        pytest.importorskip(package, reason="`make docs` installs what builds the site")
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    (folder / "src").symlink_to(ROOT / "src")
    build(folder)
    return folder / "build" / "site"


def build(folder: Path) -> None:
    gather = [sys.executable, ROOT / "docs" / "site" / "gather.py", "build/docs"]
    subprocess.run(gather, cwd=folder, check=True)
    strictly = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(strictly, cwd=folder, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_no_link_of_the_built_site_is_broken(built):
    pages = {path: _Links(path.read_text(encoding="utf-8")) for path in built.rglob("*.html")}
    del pages[built / "404.html"]  # a server's, at any address
    broken = []
    for page, found in pages.items():
        for link in found.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            places = pages[target].places if target in pages else {parts.fragment}
            if not target.is_file() or {unquote(parts.fragment)} - places - {""}:
                broken.append((str(page.relative_to(built)), link))
    assert not broken


@pytest.mark.slow
def test_it_opens_from_disk_and_needs_no_network(built):
    for page in built.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|img)[^>]+src="https?:[^"]*"', text), page
        assert not re.findall(r'<link[^>]+rel="stylesheet"[^>]+href="https?:[^"]*"', text), page


@pytest.mark.slow
def test_every_public_name_is_described_in_it(built):
    text = "".join(p.read_text(encoding="utf-8") for p in (built / "reference").glob("*.html"))
    for name in alignrnn.__all__:
        assert f'id="alignrnn.{name}"' in text, name
