"""Puts what was measured, and each rule's equations, into the pages beside itself.

    python docs/rules/pages.py

Between `<!-- equations -->` and `<!-- measured -->` and their ends stands what this makes, from the
docstrings and from measured/; everything else is written by hand.
"""

import csv
import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignrnn.registry import RULES

HERE = Path(__file__).parent
AFTER = "1000"
"""Iterations of BPTT's training, at the end of which the rules are compared again."""


@dataclass(frozen=True)
class Form:
    """One form of a rule: what pages call it, and what measured/ does."""

    title: str
    measured: str
    reach: str = ""
    """Its label in the search for the longest length; or with the length itself, where that is of
    another record."""


FRONTIER = "([frontier](../frontier/README.md))"
PAGES: dict[str, tuple[Form, ...]] = {
    "lra-diff": (
        Form("β = 10", "lra-diff"),
        Form("unit step, states", "lra-diff, unit step", f"= 200 or more {FRONTIER}"),
        Form(
            "unit step, pre-activations",
            "lra-diff, unit step, pre-activations",
            f"= 200 {FRONTIER}",
        ),
    ),
    "bptt": (Form("BPTT", "bptt", f"= 300 or more {FRONTIER}"),),
    "tptt": (Form("TPTT", "tptt", "TPTT"),),
    "lra-fdbk": (Form("LRA-fdbk", "lra-fdbk", "LRA-fdbk"),),
    "lra-e": (
        Form("learned", "lra-e", "LRA-E, learned"),
        Form("Kolen-Pollack", "lra-e, kolen-pollack", "LRA-E, Kolen-Pollack"),
        Form("mirror", "lra-e, mirror", "LRA-E, mirror"),
    ),
    "rec-lra": (Form("rec-LRA", "rec-lra", "rec-LRA"),),
    "feedback-alignment": (Form("feedback alignment", "feedback-alignment", "feedback alignment"),),
    "direct-feedback-alignment": (
        Form("direct feedback alignment", "direct-feedback-alignment", "direct feedback alignment"),
    ),
    "regularized-inverse": (
        Form("linear", "regularized-inverse"),
        Form("difference", "regularized-inverse, difference"),
        Form("Gauss-Newton", "regularized-inverse, gauss-newton"),
        Form("as published", "regularized-inverse, as published"),
    ),
    "rtrl": (Form("RTRL", "rtrl"),),
    "snap-1": (Form("SnAp-1", "snap-1"),),
    "e-prop": (Form("e-prop", "e-prop", "e-prop, a = 0.03"),),
    "rflo": (Form("RFLO", "rflo", "RFLO, a = 0.03"),),
    "uoro": (Form("UORO", "uoro"),),
    "readout": (Form("the readout alone", "readout", "the readout alone"),),
}

KNOWS = {
    "lra-diff": "W_hh of the step it inverts, φ′",
    "bptt": "W_hhᵀ, φ′",
    "tptt": "an inverse that it learns, φ′",
    "lra-fdbk": "fixed E",
    "lra-e": "E, which learns",
    "rec-lra": "E, and fixed E_k",
    "feedback-alignment": "fixed B, φ′",
    "direct-feedback-alignment": "fixed B_y, φ′",
    "regularized-inverse": "W_hh, inverted",
    "rtrl": "W_hh, φ′; no past",
    "snap-1": "W_hh's diagonal, φ′; no past",
    "e-prop": "φ′; no past",
    "rflo": "fixed B, φ′; no past",
    "uoro": "W_hh, φ′; no past",
    "readout": "nothing",
}


CHORALES = {
    "lra-diff, unit step": "8.62",
    "lra-diff, unit step, pre-activations": "8.67",
    "bptt": "8.67",
    "tptt": "8.97",
    "readout": "9.56",
}
"""Nats a frame of an Elman cell, of docs/real-data: four rates were tried, of the others two."""


def rows_of(name: str) -> list[dict[str, str]]:
    """A table of measured/, none where it is not there."""
    path = HERE / "measured" / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


class Measured:
    """All that was measured, by the names that measure.py has."""

    def __init__(self) -> None:
        self.agreement = {(row["rule"], row["iteration"]): row for row in rows_of("agreement")}
        self.feedback = {(r["rule"], r["iteration"]): r["cosine"] for r in rows_of("feedback")}
        self.gain = {row["rule"]: row["gain"] for row in rows_of("gain")}
        self.way_back = rows_of("way_back")
        self.cost = {row["rule"]: row for row in rows_of("cost")}
        self.real = {(row["data"], row["rule"]): row["test"].split() for row in rows_of("real")}
        self.reach: dict[str, dict[int, list[dict[str, str]]]] = defaultdict(dict)
        for row in rows_of("reach"):
            self.reach[row["label"]].setdefault(int(row["length"]), []).append(row)

    def cosine(self, form: Form, iteration: str) -> str:
        row = self.agreement.get((form.measured, iteration))
        if form.measured in ("bptt", "rtrl"):
            return "1"
        return "" if row is None or row["cosine"] == "nan" else f"{float(row['cosine']):.2f}"

    def norm(self, form: Form) -> str:
        if form.measured in ("bptt", "rtrl"):
            return "1"
        row = self.agreement.get((form.measured, "0"))
        return "" if row is None else f"{float(row['norm']):.2g}"

    def time(self, form: Form) -> str:
        row = self.cost.get(form.measured)
        return "" if row is None else _short(float(row["time"]))

    def memory(self, form: Form) -> str:
        row = self.cost.get(form.measured)
        return "" if row is None else f"{float(row['kib_a_step']):.0f} KiB"

    def mean(self, form: Form, data: str) -> str:
        if data == "chorales" and form.measured in CHORALES:
            return CHORALES[form.measured]
        tests = [float(each) for each in self.real.get((data, form.measured), [])]
        return f"{sum(tests) / len(tests):.2f}" if tests else ""

    def longest(self, form: Form) -> str:
        """The longest length before the first that not every seed solved."""
        if form.reach.startswith("= "):
            return form.reach.removeprefix("= ")
        lengths = self.reach.get(form.reach)
        if not lengths:
            return ""
        reached = ""
        for length in sorted(lengths):
            if not all(row["status"] == "solved" for row in lengths[length]):
                return reached or "none"
            reached = str(length)
        return f"{reached} or more"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def equations(name: str) -> str:
    """The indented blocks of the rule's docstring, before its arguments and examples."""
    text = inspect.getdoc(RULES.of(name)) or ""
    head = re.split(r"\*\*Arguments|^Examples:", text, maxsplit=1, flags=re.MULTILINE)[0]
    blocks = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", head, re.MULTILINE)
    return "```text\n" + "\n".join(inspect.cleandoc(each) for each in blocks) + "\n```"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(each) + " |" for each in lines)


def measured_table(name: str, found: Measured) -> str:
    """One column a form."""
    forms = PAGES[name]
    wanted: Mapping[str, Callable[[Form], str]] = {
        "gain of a step back, at the start": lambda form: found.gain.get(form.measured, ""),
        "cosine with BPTT's gradient, at the start": lambda form: found.cosine(form, "0"),
        "the same after 1,000 iterations": lambda form: found.cosine(form, AFTER),
        "norm, BPTT's being 1, at the start": found.norm,
        "cosine of its way back with W_hhᵀ, after 1,000": lambda form: found.feedback.get(
            (form.measured, AFTER), ""
        ),
        "longest temporal order, every seed of three": found.longest,
        "JapaneseVowels, test, %": lambda form: found.mean(form, "japanese-vowels"),
        "chorales, test, nats a frame": lambda form: found.mean(form, "chorales"),
        "time of an update, BPTT's being 1": found.time,
        "memory that a time step more needs": found.memory,
    }
    rows = [[title, *(of(form) for form in forms)] for title, of in wanted.items()]
    kept = [row for row in rows if any(row[1:])]
    return table(["", *(form.title for form in forms)], kept)


def every_form() -> list[tuple[str, Form]]:
    return [(name, form) for name, forms in PAGES.items() for form in forms]


def _called(name: str, form: Form) -> str:
    link = f"[{name}]({name}.md)"
    return link if len(PAGES[name]) == 1 else f"{link}, {form.title}"


def costs_table(found: Measured) -> str:
    rows = [
        [_called(name, form), KNOWS[name], found.time(form), found.memory(form)]
        for name, form in every_form()
    ]
    header = ["rule", "must know on the way", "time of an update", "memory a time step"]
    return table(header, rows)


def results_table(found: Measured) -> str:
    rows = [
        [
            _called(name, form),
            found.cosine(form, "0"),
            found.cosine(form, AFTER),
            found.longest(form),
            found.mean(form, "japanese-vowels"),
            found.mean(form, "chorales"),
        ]
        for name, form in every_form()
    ]
    header = ["rule", "cosine, start", "cosine, 1,000", "longest T", "JapaneseVowels", "chorales"]
    return table(header, rows)


def reach_table(found: Measured) -> str:
    """What each seed came to at each length: iterations, or the best accuracy."""
    lengths = sorted({length for rows in found.reach.values() for length in rows})
    rows = []
    for label, of in found.reach.items():
        cells = []
        for length in lengths:
            seeds = sorted(of.get(length, []), key=lambda row: int(row["seed"]))
            cells.append(", ".join(_came_to(row) for row in seeds))
        rows.append([label, *cells])
    return table(["", *(f"T = {length}" for length in lengths)], rows)


def way_back_table(found: Measured) -> str:
    """Cosine of what carries the signal with W_hhᵀ, of a rule's own training; in brackets the
    gradient's with BPTT's."""
    rules = dict.fromkeys(row["rule"] for row in found.way_back)
    checks = sorted({int(row["iteration"]) for row in found.way_back})
    at = {(row["rule"], int(row["iteration"])): row for row in found.way_back}
    rows = []
    for rule in rules:
        cells = []
        for check in checks:
            row = at.get((rule, check))
            cells.append(
                f"{float(row['feedback']):.2f} ({float(row['gradient']):.2f})" if row else ""
            )
        rows.append([rule, *cells])
    return table(["", *(f"{check:,} iterations" for check in checks)], rows)


def _came_to(row: Mapping[str, str]) -> str:
    if row["status"] == "solved":
        return f"{int(row['iterations']):,}"
    return f"{100 * (1 - float(row['error'])):.2f}%"


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """A page with its blocks made anew."""
    for name, block in blocks.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        if rest:
            text = f"{before}{begin}\n{block}\n{end}{after}"
    return text


def pages() -> dict[Path, str]:
    """Every page as it should be."""
    found = Measured()
    made = {}
    for name in PAGES:
        path = HERE / f"{name}.md"
        blocks = {"equations": equations(name), "measured": measured_table(name, found)}
        made[path] = filled(path.read_text(encoding="utf-8"), blocks)
    path = HERE / "README.md"
    blocks = {
        "costs": costs_table(found),
        "results": results_table(found),
        "reach": reach_table(found),
        "back": way_back_table(found),
    }
    made[path] = filled(path.read_text(encoding="utf-8"), blocks)
    return made


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.name)
