"""Puts what was measured into docs/any-length.md, and draws its pictures.

    python docs/any-length/pages.py runs/any-length    # after run.sh: its runs, as two CSV files
    python docs/any-length/pages.py                    # pages and picture from the CSV files

measured.csv has the networks that were asked at several lengths, single.csv the runs whose one
length grew. Between `<!-- how far -->`, `<!-- why -->` and the like and their ends stands what this
makes; everything else is written by hand.
"""

import csv
import itertools
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from alignrnn.reports import lengths_figure, save_figure

HERE = Path(__file__).parent
PAGE = HERE.parent / "any-length.md"
README = HERE.parent.parent / "README.md"
FRONTIER = HERE.parent / "frontier" / "README.md"
MEASURED = HERE / "measured.csv"
SINGLE = HERE / "single.csv"


class Row(NamedTuple):
    """A network at one length, and how its training ended."""

    part: str
    task: str
    way: str
    seed: str
    iterations: str
    """Of all stages; of adding, of the last."""
    solved: str
    """Whether the last stage was: 0 wrong of its validation samples over its lengths."""
    trained: str
    length: str
    samples: str
    wrong: str
    fixed_points: str
    """Those that states at T = 1,000 go to; empty for adding."""
    moving: str
    """How many of 64 states go to none."""


class Grown(NamedTuple):
    """A run whose one length grew, and how far it came."""

    task: str
    way: str
    seed: str
    goal: str
    """The last length it was to solve."""
    solved: str
    """The longest that it solved."""
    iterations: str
    """Of all lengths."""
    last: str
    """The last length that was tried."""
    accuracy: str
    """The best there, in percent."""


WAYS = {
    "states": "**local targets, states**",
    "states-noise": "**the same, trained in noise**",
    "states-strict": "**without noise, until 0 wrong of 100,000**",
    "long": "**local targets, states, 20 to 200 from the start**",
    "pre-activations": "local targets, pre-activations",
    "bptt": "BPTT",
    "bptt-noise": "BPTT, trained in noise",
    "bptt-omega": "BPTT with Ω",
    "tptt": "TPTT",
}
ABLATIONS = {
    "states": "**lengths 20 to 100, run-in, states aligned**",
    "pre-activations": "pre-activations aligned",
    "bptt": "BPTT",
    "states-omega": "states aligned, with Ω (α = 4)",
    "bptt-omega": "BPTT with Ω (α = 4)",
    "rotations": "initial weights that turn slowly",
    "no-run-in": "no run-in",
    "short": "lengths 10 to 40",
    "long": "lengths 20 to 200",
    "bptt-long": "BPTT, lengths 20 to 200",
    "one-length": "one length, 100, and so no run-in",
}
APART = {
    "bptt": "neither: BPTT",
    "linearised-3": "slopes alone",
    "bend-1": "the bend alone",
    "bend-3": "slopes and bend",
    "states": "**states aligned**",
}
TASKS = ("temporal-order", "temporal-order-3bit", "random-permutation", "adding")
GOALS = {"temporal-order": 200, "temporal-order-3bit": 200, "random-permutation": 500}
"""The one length that a run grows to."""
ADDING = {
    "quiet": ("**in noise, both parts**", "quiet-{}", range(9)),
    "averaged": ("in noise, the first part", "averaged-{}", range(9)),
    "states-noise": ("in noise, shorter", "noise-last-{}", range(6)),
    "states": ("without noise, shorter", "last-{}", range(6)),
}
"""A way's name in the table, the directories of its last range, and its seeds."""
GROWN = {"states": "**local targets, states**", "bptt-omega": "BPTT"}


def read_runs(out: Path) -> list[Row]:
    """What run.sh left: of each directory the last stage's networks."""
    rows = []
    for done in sorted(out.glob("*/*/*/states.csv")):  # which is written last
        part, task, way = done.parent.relative_to(out).parts
        rows += _asked(done.parent, part, task, way)
    for way, (_, place, seeds) in ADDING.items():
        for seed in seeds:
            rows += _asked(out / "adding" / place.format(seed), "adding", "adding", way)
    return rows


def _asked(place: Path, part: str, task: str, way: str) -> list[Row]:
    """What `alignrnn generalize` found of the networks of a directory."""
    records = {record["identity"]: record for record in _records(place)}
    states = {line["network"]: line for line in _lines(place / "states.csv")}
    rows = []
    for line in _lines(place / "generalization.csv"):
        short = line["network"].rpartition(" ")[2]
        record = next(each for key, each in records.items() if key.startswith(short))
        section = record["configuration"]["task"]
        state = states.get(line["network"], {})
        rows.append(
            Row(
                *(part, task, way, str(record["configuration"]["seed"])),
                str(_iterations(record, records)),
                str(record["status"] == "solved"),
                section.get("lengths", str(section["length"])),
                *(line["length"], line["answers"], line["wrong"]),
                state.get("fixed_points", ""),
                state.get("moving", ""),
            )
        )
    return rows


def _records(place: Path) -> list[Mapping]:
    return [json.loads(file.read_text()) for file in (place / "records").iterdir()]


def _lines(table: Path) -> list[dict[str, str]]:
    """Of a CSV file; none of one that is not there."""
    if not table.exists():
        return []
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def _iterations(record: Mapping, records: Mapping[str, Mapping]) -> int:
    """Of a run and of those it has gone on from."""
    start = record["configuration"].get("start", {}).get("name", "")
    before = records.get(Path(start).stem)
    return record["iterations"] + (_iterations(before, records) if before else 0)


def read_grown(out: Path) -> list[Grown]:
    """What run.sh left of the runs whose one length grew."""
    rows = []
    for place in sorted((out / "single").glob("*/*")):
        stages: dict[int, list[Mapping]] = defaultdict(list)
        for record in _records(place):
            stages[record["configuration"]["seed"]].append(record)
        for seed, own in sorted(stages.items()):
            own.sort(key=_length)
            solved = [_length(each) for each in own if each["status"] == "solved"]
            rows.append(
                Grown(
                    *(place.parent.name, place.name, str(seed)),
                    str(GOALS[place.parent.name]),
                    str(max(solved, default=0)),
                    str(sum(each["iterations"] for each in own)),
                    str(_length(own[-1])),
                    f"{100 * (1 - own[-1]['best_error']):.2f}",
                )
            )
    return rows


def _length(record: Mapping) -> int:
    return record["configuration"]["task"]["length"]


def one_length(rows: Sequence[Grown]) -> str:
    """A row a task: by how many seeds its last length was solved, and in how many iterations."""
    head = ("", *GROWN.values())
    made = []
    for task, goal in GOALS.items():
        cells = [
            _grown([row for row in rows if (row.task, row.way) == (task, way)]) for way in GROWN
        ]
        made.append([f"{task}, T = {goal}", *cells])
    return _markdown(head, made)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(line) + " |" for line in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


def _grown(rows: Sequence[Grown]) -> str:
    if not rows:
        return "–"
    right = sorted(int(row.iterations) for row in rows if row.solved == row.goal)
    said = f"{len(right)} of {len(rows)}"
    if right:
        said += f"; {right[0]:,} to {right[-1]:,}"
    short = [f"{row.accuracy}% at T = {row.last}" for row in rows if row.solved != row.goal]
    return "; ".join([said, *short])


def how_far(rows: Sequence[Row]) -> str:
    """A table a task: a row a way, wrong answers of each seed at each length."""
    made = []
    for task in TASKS:
        of_task = [row for row in rows if row.part == "reach" and row.task == task]
        if of_task:
            made.append(f"**{task}**\n\n" + _table(of_task, WAYS))
    return "\n\n".join(made)


def adding(rows: Sequence[Row]) -> str:
    """A row a way: wrong answers of each seed at each length."""
    made, lengths = [], sorted({int(row.length) for row in rows if row.task == "adding"})
    for way, (name, *_) in ADDING.items():
        cells = [
            ", ".join(
                _worst([row])
                for row in rows
                if (row.task, row.way, int(row.length)) == ("adding", way, length)
            )
            for length in lengths
        ]
        made.append([name, *cells])
    return _markdown(["", *(f"T = {length:,}" for length in lengths)], made)


def further(rows: Sequence[Row]) -> str:
    """Three seeds more of local targets, each task a row."""
    of_part = [row._replace(way=f"{row.task} {row.way}") for row in rows if row.part == "further"]
    names = {
        f"{task} {way}": task + more
        for task in TASKS
        for way, more in (
            ("states", ""),
            ("states-noise", ", in noise"),
            ("states-strict", ", until 0 wrong of 100,000"),
            ("long", ", 20 to 200 from the start"),
        )
    }
    return _table(of_part, names)


def why(rows: Sequence[Row], names: Mapping[str, str] = ABLATIONS) -> str:
    """What is changed, and what then comes out."""
    of_part = [row for row in rows if row.part == "why"]
    return _table(of_part, names, up_to=(100, 200, 5000), has_points=True)


def taken_apart(rows: Sequence[Row]) -> str:
    """What aligned states add to BPTT, one by one."""
    return why(rows, APART)


def _table(
    rows: Sequence[Row],
    names: Mapping[str, str],
    *,
    up_to: Sequence[int] = (200, 1000, 5000, 10_000),
    has_points: bool = False,
) -> str:
    """A row a way; the lengths in columns up to these, of each seed its worst length there."""
    lengths = sorted({int(row.length) for row in rows})
    columns = [
        [length for length in lengths if low < length <= high]
        for low, high in itertools.pairwise((0, *up_to))
    ]
    head = ["", "iterations", *("T = " + " and ".join(f"{t:,}" for t in each) for each in columns)]
    head += ["fixed points"] * has_points
    made = []
    for way, name in names.items():
        by_seed: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.way == way:
                by_seed[row.seed].append(row)
        if not by_seed:
            continue
        seeds = [own for _, own in sorted(by_seed.items())]
        ended = [
            f"{int(own[0].iterations):,}" if own[0].solved == "True" else "no" for own in seeds
        ]
        cells = [
            ", ".join(_worst([row for row in own if int(row.length) in each]) for own in seeds)
            for each in columns
        ]
        if has_points:
            cells.append(", ".join(_points(own[0]) for own in seeds))
        made.append([name, ", ".join(ended), *cells])
    return _markdown(head, made)


def _points(row: Row) -> str:
    return "none" if row.fixed_points == "0" else row.fixed_points


def _worst(rows: Iterable[Row]) -> str:
    """The most wrong at one of these lengths: the count of all samples, or the share where so many
    were wrong that no more were drawn."""
    worst = max(rows, key=lambda row: float(row.wrong) / float(row.samples))
    share = float(worst.wrong) / float(worst.samples)
    return f"{share:.0%}" if share >= 0.01 else f"{float(worst.wrong):g}"


def first_screen(rows: Sequence[Row]) -> str:
    """How far each rule reaches, for the README: at one length, and at any."""
    of_task = [
        row for row in rows if row.part in ("reach", "further") and row.task == "temporal-order"
    ]
    head = ("rule", "temporal order", "3-bit", "random permutation", "adding", "any length")
    made = []
    for name, (label, way) in FIRST.items():
        any_length = _all_right([row for row in of_task if row.way == way])
        made.append([name, *_longest(label), any_length])
    return _markdown(head, made)


def _longest(label: str) -> list[str]:
    """A row of the frontier's table, its lengths without the remarks."""
    text = FRONTIER.read_text(encoding="utf-8").replace("*", "")
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {label}"))
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    return [_without_remark(cell) for cell in cells]


def _without_remark(cell: str) -> str:
    cell = cell.replace("not ", "below ").replace(" or more", "+")
    return "below 100" if cell == "none" else cell.partition(" (")[0]


def _all_right(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    worst_of: dict[str, float] = defaultdict(float)
    for row in rows:
        share = float(row.wrong) / float(row.samples)
        worst_of[row.seed] = max(worst_of[row.seed], share)
    right = sum(not worst for worst in worst_of.values())
    said = f"{right} of {len(worst_of)}"
    if right == len(worst_of):
        return said
    worst = max(worst_of.values())
    return f"{said}; the worst {100 * worst:.3g}% wrong"


FIRST = {
    "published, plain / with its regulariser": ("published: LRA-diff", ""),
    "**local targets, pre-activations**": ("here: local targets", "pre-activations"),
    "**local targets, states**": ("here: the same with states", "states"),
    "BPTT": ("here: BPTT, clipped |", "bptt"),
    "BPTT with Ω": ("here: BPTT, clipped, with Ω", "bptt-omega"),
    "TPTT": ("here: TPTT, clipped", "tptt"),
}
"""A row of the README: which row of the frontier it has, and which way here."""


def blocks(rows: Sequence[Row], grown: Sequence[Grown]) -> Mapping[Path, Mapping[str, str]]:
    """What each page has between its marks."""
    of_page = {
        "how far": how_far(rows),
        "adding": adding(rows),
        "further": further(rows),
        "one length": one_length(grown),
        "why": why(rows),
        "taken apart": taken_apart(rows),
    }
    return {PAGE: of_page, README: {"first screen": first_screen(rows)}}


def page(file: Path, made: Mapping[str, str]) -> str:
    """A page with every block made anew."""
    text = file.read_text(encoding="utf-8")
    for name, block in made.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)"
        text, count = re.subn(
            pattern, lambda found, b=block: f"{found[1]}{b}\n{found[2]}", text, flags=re.S
        )
        assert count == 1, name
    return text


def worst(rows: Iterable[Row]) -> dict[int, float]:
    """Percent wrong of the worst seed, by length."""
    made: dict[int, float] = {}
    for row in rows:
        share = 100 * float(row.wrong) / float(row.samples)
        made[int(row.length)] = max(share, made.get(int(row.length), 0.0))
    return made


def draw(rows: Sequence[Row]) -> None:
    """The worst seed of each way on temporal order."""
    reach = [row for row in rows if row.part == "reach" and row.task == "temporal-order"]
    curves = {
        name.strip("*"): worst(row for row in reach if row.way == way)
        for way, name in WAYS.items()
        if any(row.way == way for row in reach)
    }
    one = [row for row in rows if (row.part, row.way) == ("why", "one-length")]
    if one:
        curves["local targets, one length"] = worst(one)
    save_figure(lengths_figure(curves, (20, 200), percent=True), HERE / "lengths.png")


def read() -> tuple[list[Row], list[Grown]]:
    """measured.csv and single.csv."""
    return [Row(**line) for line in _lines(MEASURED)], [Grown(**line) for line in _lines(SINGLE)]


def _write(file: Path, rows: Sequence[Row] | Sequence[Grown]) -> None:
    with file.open("w", newline="") as opened:
        table = csv.writer(opened, lineterminator="\n")
        table.writerow(rows[0]._fields)
        table.writerows(rows)


def main() -> None:
    if len(sys.argv) > 1:
        out = Path(sys.argv[1])
        _write(MEASURED, read_runs(out))
        _write(SINGLE, read_grown(out))
    rows, grown = read()
    for file, made in blocks(rows, grown).items():
        file.write_text(page(file, made), encoding="utf-8")
    draw(rows)


if __name__ == "__main__":
    main()
