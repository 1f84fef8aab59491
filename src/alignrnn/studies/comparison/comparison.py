"""What a comparison found, as rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ...files import check_directory, write_rows
from ...reports import aligned, beside
from .agreement import LAYERS


class OfParameter(NamedTuple):
    """A rule's gradient beside BPTT's after some iterations; means over the batches looked at."""

    rule: str
    iteration: int
    parameter: str
    """`w_hh`, `w_xh`, …, with several layers `0.w_hh`, …; or `layers`, all of these together
    without the readout's."""
    cosine: float
    """Of the angle between the two; not a number where one of them is 0."""
    cosine_sd: float
    """Its standard deviation over the batches."""
    ratio: float
    """The rule's norm, BPTT's being 1."""


class AtStep(NamedTuple):
    """The same of what one time step adds to the gradient."""

    rule: str
    iteration: int
    parameter: str
    step: int
    """t, from 1 to T."""
    cosine: float
    cosine_sd: float
    ratio: float


class Progress(NamedTuple):
    """How the network stood on whose way a rule was compared."""

    rule: str
    trained_by: str
    iteration: int
    loss: float
    """Mean global loss since the check before; not a number at the start."""
    feedback_cosine: float
    """Between W_hhᵀ and the matrix that the rule has in its place, E_hh, B_h or V_hh; not a number
    where it has none."""
    feedback_ratio: float
    """The norm of that matrix, W_hhᵀ's being 1."""


@dataclass(frozen=True)
class Comparison:
    """How the gradients of rules lie to BPTT's, of the same networks and batches.

    Examples:
        >>> import alignrnn as ar
        >>> task = ar.TemporalOrder(length=10)
        >>> found = ar.compare(task, ["lra-diff"], cell=ar.Elman(4), batches=2)
        >>> found.rules, found.checks("lra-diff")
        (('lra-diff',), (0,))
    """

    task: str
    length: int
    parameters: tuple[OfParameter, ...]
    steps: tuple[AtStep, ...]
    """Of rules that go back through time; of others, no part of the gradient is of a step."""
    progress: tuple[Progress, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """In the order they were given."""
        return tuple(dict.fromkeys(row.rule for row in self.progress))

    def checks(self, rule: str) -> tuple[int, ...]:
        """The iterations after which a rule was looked at."""
        return tuple(row.iteration for row in self.progress if row.rule == rule)

    def at(self, rule: str, iteration: int) -> dict[str, OfParameter]:
        """A rule after some iterations, by parameter."""
        rows = self.parameters
        return {r.parameter: r for r in rows if (r.rule, r.iteration) == (rule, iteration)}

    def lines(self) -> list[str]:
        """A table of each rule's first and last check, for a terminal."""
        checks = {rule: self.checks(rule) for rule in self.rules}
        made = []
        for title, place in (("at the start", 0), ("at the end", -1)):
            if place == -1 and all(len(each) == 1 for each in checks.values()):
                break
            made += ["", *self._table(title, {rule: each[place] for rule, each in checks.items()})]
        return made[1:]

    def _table(self, title: str, at: dict[str, int]) -> list[str]:
        found = {rule: self.at(rule, iteration) for rule, iteration in at.items()}
        names = dict.fromkeys(name for rows in found.values() for name in rows)
        of_layers = [name for name in names if name not in (LAYERS, "w_hy", "b_y")]
        shown = sorted(of_layers, key=_place)[:_PARAMETERS]
        back = {
            row.rule: row.feedback_cosine for row in self.progress if row.iteration == at[row.rule]
        }
        has_back = any(each == each for each in back.values())
        heading = [title, "iteration", "norm", "cosine", *shown, *(["feedback"] * has_back)]
        rows = [
            [
                rule,
                f"{at[rule]:,}",
                _ratio(rows[LAYERS].ratio),
                _with_spread(rows[LAYERS]),
                *(_cosine(rows[name].cosine) for name in shown),
                *([_cosine(back[rule])] * has_back),
            ]
            for rule, rows in found.items()
        ]
        columns = list(zip(heading, *rows, strict=True))
        return beside([aligned(each, right=bool(i)) for i, each in enumerate(columns)])

    def write(self, directory: Path | str) -> None:
        """parameters.csv, steps.csv and progress.csv; where a value is not a number, nothing
        stands."""
        folder = Path(directory)
        check_directory("out", folder)
        for name, kind, rows in (
            ("parameters.csv", OfParameter, self.parameters),
            ("steps.csv", AtStep, self.steps),
            ("progress.csv", Progress, self.progress),
        ):
            texts = ([_as_text(value) for value in row] for row in rows)
            write_rows("out", folder / name, kind._fields, texts)

    def __str__(self) -> str:
        return "\n".join(self.lines())


_PARAMETERS = 4
"""So many of them have a column in the table; the CSV has all."""
_FIRST = ("w_hh", "w_xh")


def _place(parameter: str) -> tuple[int, str]:
    """The recurrent weights of all layers first."""
    name = parameter.rpartition(".")[2]
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST)), parameter


def _as_text(value: Any) -> Any:
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return value


def _cosine(value: float) -> str:
    return "" if value != value else f"{value:.3f}"


def _with_spread(row: OfParameter) -> str:
    return f"{_cosine(row.cosine)} ± {row.cosine_sd:.3f}" if row.cosine == row.cosine else ""


def _ratio(value: float) -> str:
    return "" if value != value else f"{value:.3g}"
