"""What the published numbers come from: each beside the text's rule and the known causes."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...reports import Cell, Section, Table
from .accuracy import Number, Row, as_printed, behind_table, best_of, measured
from .budgets import LENGTHS, TASKS, TITLES, Budget
from .manifest import Candidates, Lookup, Manifest, Search, Setting, candidates
from .published import Printed, accuracy, longest_length
from .search import replay
from .table5 import RULES, Table5, attempt_cells, longest_cells

RATES, STEPS = (0.1,), (10.0, 0.1)
"""Of the published grid, the learning rates and β that are run."""
ALPHAS = (1.0, 0.1)
"""The α of the regularised column of Table V."""
LONGEST = (10, 20, 30, 40, 50, 60, 70, 80)
"""Lengths tried for it: up to the paper's longest."""
NEAR = 2.0
"""Percentage points within which a number is taken for the published one."""
GRAPH = ("attached_targets", "old_state", "handed_loss", "unrolled")
"""The causes that lie in the graph which the derivatives run through."""


@dataclass(frozen=True)
class Way:
    """The rule as the text says it, or with some of the causes."""

    name: str
    causes: tuple[str, ...] = ()
    """Switches of `PublishedLRADiff`; without any the rule is `LRADiff` itself."""
    first_symbol_twice: bool = False
    """Whether validation is that of `FirstSymbolTwice`."""
    gradient_bound: float = 1.0
    """c₁. It does not act on gradients of this size, and through the whole graph it costs a way
    back for each step; only Ω's need it."""

    def settings(self, budget: Budget, **options: Any) -> list[Setting]:
        """Its grid of learning rates and β."""
        rule = {
            "name": "published-lra-diff" if self.causes else "lra-diff",
            "inner_steps": budget.inner_steps[0],
            "gradient_bound": self.gradient_bound,
            "displacement_bound": 1.0,
            **dict.fromkeys(self.causes, True),
            **options,
        }
        return [
            Setting(
                {**rule, "target_step": step},
                {"name": "sgd", "learning_rate": rate},
                wrapped="first-symbol-twice" if self.first_symbol_twice else None,
            )
            for rate, step in itertools.product(RATES, STEPS)
            if rate in budget.learning_rates and step in budget.target_steps
        ]


TEXT = Way("as the text says")
ATTACHED = Way("targets attached", ("attached_targets",))
WAYS = (
    TEXT,
    ATTACHED,
    Way("validated from x₁", first_symbol_twice=True),
    Way("whole graph", ("unrolled",), gradient_bound=0.0),
    Way("attached and x₁", ("attached_targets",), first_symbol_twice=True),
    Way("whole graph and x₁", ("unrolled",), first_symbol_twice=True, gradient_bound=0.0),
    Way("all but Ω", GRAPH, first_symbol_twice=True, gradient_bound=0.0),
)
"""Those of Tables I to III, the fewest causes first."""
REGULARIZED = (
    Way("all causes", (*GRAPH, "diagonal_omega"), first_symbol_twice=True),
    Way("whole graph, Ω of the diagonal", ("unrolled", "diagonal_omega")),
)
"""Those of the regularised column of Table V."""


@dataclass(frozen=True)
class Part:
    """A part of Tables I to III: where the paper printed it, and what is run for it."""

    name: str
    published: str
    column: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    lengths: tuple[int, ...] = LENGTHS
    ways: tuple[Way, ...] = WAYS

    def cell(self, budget: Budget, way: Way, task: str, length: int) -> Candidates:
        """The runs of one way on one task."""
        return candidates(way.settings(budget, **self.options), budget, task, length)


PARTS = (
    Part("I", "table1_lra_diff"),
    Part(
        "II, log penalty",
        "table2_local_loss",
        "log_penalty",
        {"local_loss": "log_penalty"},
        (30,),
        (TEXT, ATTACHED),
    ),
    Part(
        "III, without normalisation",
        "table3_normalization",
        "no_normalization",
        {"gradient_bound": 0.0, "displacement_bound": 0.0},
        (30,),
        (TEXT, ATTACHED),
    ),
)
"""The other halves of Tables II and III are Table I's own runs; what T = 10 and 20 have in common
with Table I's is printed to the digit."""


class Explained(Manifest):
    name = "published"
    title = "What the published numbers come from"

    def cells(self, budget: Budget) -> Sequence[Candidates]:
        return [
            part.cell(budget, way, task, length)
            for part in PARTS
            for way in part.ways
            for task in TASKS
            for length in part.lengths
        ]

    def searches(self, budget: Budget) -> Sequence[Search]:
        return [search for _, search in _searches(budget)]

    def section(self, budget: Budget, lookup: Lookup) -> Section:
        about = (
            "Each number of Tables I to III that the paper printed at "
            f"K = {budget.inner_steps[0]}, beside the best validation accuracy (%) of the same "
            "grid as the text says, and with the known causes switched on. "
            f"Learning rates {_listed(RATES)}, β {_listed(STEPS)}, seed 0. The last column says "
            "with how few causes the published number comes out, to within "
            f"{NEAR:g} percentage points; 'solved' counts as 100."
        )
        return Section(
            self.name,
            self.title,
            (about, *_accuracies(budget, lookup), *_longest(budget, lookup)),
        )


def _accuracies(budget: Budget, lookup: Lookup) -> tuple[Table, ...]:
    compared: list[tuple[Cell | str, ...]] = []
    behind: list[Table] = []
    for part in PARTS:
        rows: list[Row] = []
        for task, length in itertools.product(TASKS, part.lengths):
            name = f"{part.name}: {TITLES[task]}, T = {length}"
            runs = {way: part.cell(budget, way, task, length) for way in part.ways}
            printed = accuracy(part.published, part.column, task, budget.inner_steps[0], length)
            found = {way: best_of(each, lookup) for way, each in runs.items()}
            here = [measured(found[way]) if way in found else Cell("–") for way in WAYS]
            ended = {way: best for way, best in found.items() if _is_all_there(runs[way], lookup)}
            near = [
                way.name
                for way, best in ended.items()
                if best is not None and _is_near(100 * best.accuracy, printed)
            ]
            verdict = near[0] if near else "open" if len(ended) == len(found) else ""
            compared.append((name, as_printed(printed), *here, verdict))
            rows.append(Row(name, tuple(Number(each) for each in runs.values())))
        names = tuple(way.name for way in part.ways)
        behind.append(behind_table("Table", rows, lookup, parts=names, parts_are="way"))
    together = Table(
        caption=f"Tables I to III at K = {budget.inner_steps[0]}",
        header=("Table", "paper", *(way.name for way in WAYS), "comes out"),
        words=("comes out",),
        rows=tuple(compared),
    )
    return together, *behind


def _is_all_there(runs: Candidates, lookup: Lookup) -> bool:
    """Whether a number is what it will be: once one run is solved, none can do better."""
    records = [lookup(each) for each in runs]
    return None not in records or any(each is not None and each.solved for each in records)


def _is_near(percent: float, printed: Printed) -> bool:
    return abs(percent - (100.0 if printed == "solved" else printed)) <= NEAR


def _searches(budget: Budget) -> list[tuple[str, Search]]:
    """Those of Table V, each by what is said of its way. One seed: whether a length is solved at
    all is what is asked."""
    lengths = [length for length in LONGEST if length in budget.longest]
    made = []
    for way in REGULARIZED:
        settings = [
            setting
            for alpha in ALPHAS
            if alpha in budget.regularizations
            for setting in way.settings(budget, regularization=alpha)
        ]
        name = f"{RULES['lra_diff_regularized']}: {way.name}"
        made += [
            (name, Search(task, "lra_diff_regularized", settings, lengths, seeds=1))
            for task in TASKS
        ]
    name = f"{RULES['tptt']}: patience {budget.tptt_patience}"
    made += [(name, dataclasses.replace(s, seeds=1)) for s in _of_table5(budget, "tptt")]
    return made


def _longest(budget: Budget, lookup: Lookup) -> tuple[Table, ...]:
    text = {each.task: each for each in _of_table5(budget, "lra_diff_regularized")}
    rows: list[tuple[Cell | str, ...]] = []
    tried: list[tuple[Cell | str, ...]] = []
    for way, search in _searches(budget):
        name = f"{TITLES[search.task]}, {way}"
        printed = longest_length(search.task, search.rule)
        steps, ended = replay(search, budget, lookup)
        here, paper, difference, seeds = longest_cells(steps, ended, printed)
        as_said: Cell | str = "–"
        if search.rule != "tptt":
            as_said = longest_cells(*replay(text[search.task], budget, lookup), printed)[0]
        rows.append((name, as_said, here, paper, difference, seeds))
        tried += [(name, *attempt_cells(step, search, budget, lookup)) for step in steps]
    return (
        Table(
            caption="Table V: the longest length solved",
            header=("Task and rule", "as the text says", "here", "paper", "difference", "seeds"),
            rows=tuple(rows),
        ),
        Table(
            caption="Every length tried",
            header=("Task and rule", "T", "solved by", "iterations", "setting, or how far it came"),
            words=("setting, or how far it came",),
            rows=tuple(tried),
        ),
    )


def _of_table5(budget: Budget, rule: str) -> list[Search]:
    return [each for each in Table5().searches(budget) if each.rule == rule]


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
