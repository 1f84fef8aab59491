"""Table V: the longest length each rule solves."""

from collections.abc import Sequence
from itertools import product

from ..reports import Cell, Section, Table, percent
from .accuracy import best_of, lra_settings
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
    defaults."""
    momentum = {"momentum": 0.9, "nesterov": True}
    return [
        Setting(
            {"name": "tptt", "target_step": target_step},
            {"name": "sgd", "learning_rate": rate, **momentum},
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
            header=("Task", *RULES.values()),
            rows=tuple(
                (
                    TITLES[task],
                    *(_cell(*walked[task, rule], longest_length(task, rule)) for rule in RULES),
                )
                for task in TASKS
            ),
        )
        rows = [
            (f"{TITLES[task]}, {RULES[rule]}", *_attempt(step, search, budget, lookup))
            for (task, rule), search in searches.items()
            for step in walked[task, rule][0]
        ]
        attempts = Table(
            caption="Every length tried",
            header=("Task and rule", "T", "solved by", "iterations", "setting, or how far it came"),
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


def _cell(steps: list[Step], ended: bool, printed: int | None) -> Cell:
    solved = [step for step in steps if step.solved is not None]
    paper = f"paper {'–' if printed is None else printed}"
    if not solved and not ended:
        return Cell("not run yet", note=paper, mark="muted")
    if not solved:
        note = paper if printed is None else f"{paper} · {-printed:+d}"
        return Cell("none", note=f"{note} · not T = {steps[0].length}")
    last = solved[-1]
    notes = [paper, f"{last.length - (printed or 0):+d}"]
    notes.append(f"{last.solved_seeds} of {1 + len(last.others)} seeds")
    all_tried = ended and len(solved) == len(steps)
    if not ended or all_tried:
        notes.append("longest tried" if all_tried else "search not finished")
    return Cell(f"{'≥ ' if not ended or all_tried else ''}{last.length}", note=" · ".join(notes))


def _attempt(step: Step, search: Search, budget: Budget, lookup: Lookup) -> tuple[Cell | str, ...]:
    grid = candidates(search.settings, budget, search.task, step.length)
    if step.solved is None:
        best = best_of(grid, lookup)
        reached = "" if best is None else f"best {percent(best.accuracy)}%"
        return (str(step.length), f"0 of {len(grid)} settings", "", reached)
    seeds = f"{step.solved_seeds} of {1 + len(step.others)} seeds"
    iterations = " / ".join(
        f"{record.iterations:,}" if record.solved else "–" for record in (step.solved, *step.others)
    )
    return (str(step.length), seeds, iterations, setting_text(step.solved.configuration))


def setting_text(configuration) -> str:
    """A setting in the paper's symbols."""
    rule, optimizer = configuration["rule"], configuration["optimizer"]
    parts = [f"lr {optimizer['learning_rate']:g}"]
    symbols = {"lra-diff": "β", "tptt": "α_i"}
    if rule["name"] in symbols:
        parts.append(f"{symbols[rule['name']]} {rule['target_step']:g}")
    if rule.get("regularization"):
        parts.append(f"α {rule['regularization']:g}")
    if rule["name"] == "bptt":
        parts.append(f"clipped at {rule['clip']:g}" if rule["clip"] else "not clipped")
    return ", ".join(parts)
