"""Table V: the longest length each rule solves."""

import math
from collections.abc import Sequence
from itertools import product

from ...reports import Cell, Section, Table, percent
from ...results import Record
from .accuracy import best_of, lra_settings, setting_text
from .budgets import TASKS, TITLES, Budget
from .manifest import Candidates, Lookup, Manifest, Search, Setting, candidates
from .published import longest_length
from .search import Step, replay

RULES = {
    "tptt": "TPTT",
    "bptt": "BPTT",
    "lra_diff": "LRA-diff",
    "lra_diff_regularized": "LRA-diff, regularised",
}


def bptt_settings(budget: Budget) -> list[Setting]:
    """Learning rates, and bounds on the norm of the gradient; 0: none."""
    return [
        Setting({"name": "bptt", "clip": clip}, {"name": "sgd", "learning_rate": rate})
        for clip, rate in product(budget.clips, budget.learning_rates)
    ]


def tptt_settings(budget: Budget) -> list[Setting]:
    """α_i, and learning rates α_f with Nesterov's momentum of 0.9; the rest is the rule's
    defaults. Its patience is its own."""
    momentum = {"momentum": 0.9, "nesterov": True}
    return [
        Setting(
            {"name": "tptt", "target_step": target_step},
            {"name": "sgd", "learning_rate": rate, **momentum},
            protocol={"patience": budget.tptt_patience},
        )
        for target_step, rate in product(budget.tptt_target_steps, budget.tptt_learning_rates)
    ]


class Table5(Manifest):
    name = "table5"
    title = "Table V: the longest length solved"

    def cells(self, budget: Budget) -> Sequence[Candidates]:
        return ()

    def searches(self, budget: Budget) -> Sequence[Search]:
        first = budget.inner_steps[0]
        settings = {
            "tptt": tptt_settings(budget),
            "bptt": bptt_settings(budget),
            "lra_diff": lra_settings(budget, first),
            "lra_diff_regularized": lra_settings(
                budget, first, regularizations=budget.regularizations
            ),
        }
        return [
            Search(task, rule, settings[rule], budget.longest, budget.seeds)
            for task in TASKS
            for rule in RULES
        ]

    def section(self, budget: Budget, lookup: Lookup) -> Section:
        searches = {(each.task, each.rule): each for each in self.searches(budget)}
        walked = {key: replay(search, budget, lookup) for key, search in searches.items()}
        table = Table(
            caption="Longest length T solved by some setting of the rule's grid",
            header=("Task and rule", "here", "paper", "difference", "seeds"),
            rows=tuple(
                (
                    f"{TITLES[task]}, {RULES[rule]}",
                    *longest_cells(*steps, longest_length(task, rule)),
                )
                for (task, rule), steps in walked.items()
            ),
        )
        rows = [
            (f"{TITLES[task]}, {RULES[rule]}", *attempt_cells(step, search, budget, lookup))
            for (task, rule), search in searches.items()
            for step in walked[task, rule][0]
        ]
        attempts = Table(
            caption="Every length tried",
            header=("Task and rule", "T", "solved by", "iterations", "setting, or how far it came"),
            words=("setting, or how far it came",),
            rows=tuple(rows),
        )
        grids = ", ".join(
            f"{len(searches[TASKS[0], rule].settings)} for {RULES[rule]}" for rule in RULES
        )
        about = (
            f"T goes through {', '.join(map(str, budget.longest))} until no setting of the rule's "
            "grid solves it. A length is tried first with the setting that solved the one before, "
            "then with the whole grid side by side until one setting solves it; that setting is "
            f"run with {budget.seeds} seed{'s' if budget.seeds > 1 else ''} in all. Settings in a "
            f"grid: {grids}. LRA-diff takes K = {budget.inner_steps[0]}, c₁ = c₂ = 1, mse."
        )
        return Section(self.name, self.title, (about, table, attempts))


def longest_cells(steps: list[Step], ended: bool, printed: int | None) -> tuple[Cell | str, ...]:
    """The longest length, the paper's, the difference where both have one, and seeds."""
    solved = [step for step in steps if step.solved is not None]
    paper = "–" if printed is None else str(printed)
    if not solved and not ended:
        return (Cell("not run yet", mark="muted"), paper, "", "")
    if not solved:
        return (Cell("none", note=f"not T = {steps[0].length}"), paper, "", "")
    last = solved[-1]
    difference = "" if printed is None else f"{last.length - printed:+d}"
    seeds = f"{last.solved_seeds} of {1 + len(last.others)}"
    if ended and len(solved) < len(steps):
        return (str(last.length), paper, difference, seeds)
    note = "longest tried" if ended else "search not finished"
    return (Cell(f"≥ {last.length}", note=note), paper, difference, seeds)


def attempt_cells(
    step: Step, search: Search, budget: Budget, lookup: Lookup
) -> tuple[Cell | str, ...]:
    """One length tried: by what it was solved, iterations, and the setting or how far it came."""
    grid = candidates(search.settings, budget, search.task, step.length)
    if step.solved is None:
        best = best_of(grid, lookup)
        reached = "" if best is None else _reached(best)
        return (str(step.length), f"0 of {len(grid)} settings", "", reached)
    seeds = f"{step.solved_seeds} of {1 + len(step.others)} seeds"
    iterations = " / ".join(
        f"{record.iterations:,}" if record.solved else "–" for record in (step.solved, *step.others)
    )
    return (str(step.length), seeds, iterations, setting_text(step.solved.configuration))


def _reached(best: Record) -> str:
    if not math.isfinite(best.best_error):
        return "all diverged"
    return f"best {percent(best.accuracy)}%"
