"""`alignrnn gradients`: what flowed through the layers of a run while it trained."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.table import Table

from ..errors import ConfigurationError
from .signals import StopRequest
from .terminal import wide_console
from .trained import one_record


@dataclasses.dataclass
class Gradients:
    """Show local loss and gradient norms per layer over the training of a run, as the paper's
    Figures 2 to 4 do, and as a table of its last check; with the gain per time step, and a warning
    where it makes the signal vanish or explode.

    Of a run that recorded no diagnostics, the same training is made once more with them.
    """

    directory: tyro.conf.Positional[Path]
    """The directory of a training, a sweep, a reproduction or a frontier."""
    id: str | None = None
    """Which run: its id as `alignrnn runs` lists it, or the beginning of it (default: the best)."""
    layer: Annotated[
        int | None, tyro.conf.arg(metavar="INT", help_behavior_hint="(default: the highest)")
    ] = None
    """Of a network of several layers, which one; 0 is the lowest."""
    out: Annotated[
        Path | None,
        tyro.conf.arg(metavar="PATH", help_behavior_hint="(default: gradients-ID.png in there)"),
    ] = None
    """The picture; its ending says in which format."""

    def run(self) -> bool:
        """Read or train, draw, print; whether it was stopped from outside."""
        from ..files import writable
        from ..reports import (
            carried_norms,
            flow_figure,
            flow_rows,
            gain_lines,
            gain_of,
            save_figure,
        )
        from ..results import read_store
        from ..training import use_cores

        use_cores()
        record = one_record(list(read_store(self.directory)), self.id, self.directory)
        name, history, diagnostics = record.identity, record.history, record.diagnostics
        if not diagnostics:
            trained = _train_again(record)
            if trained is None:
                return True
            history, diagnostics = trained
        if not len(history["iteration"]):
            raise ConfigurationError("id", name, "it ended before its first check")
        diagnostics = self._of_layer(diagnostics)
        out = self.out or self.directory / f"gradients-{name}.png"
        writable("out", out, lambda path: save_figure(flow_figure(history, diagnostics), path))
        heading, *rows = flow_rows(diagnostics)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in heading:
            table.add_column(column, justify="left" if column == "layer" else "right")
        for row in rows:
            table.add_row(*row)
        console = wide_console()
        console.print(f"run {name} at iteration {history['iteration'][-1]:,}:", highlight=False)
        console.print(table)
        for line in gain_lines(gain_of(carried_norms(diagnostics)), _target_step(record)):
            console.print(line, highlight=False, soft_wrap=True)
        console.print(f"picture: {out}", highlight=False, soft_wrap=True)
        return False

    def _of_layer(self, diagnostics):
        from ..reports import layers_of, of_layer, signal_of

        layers = layers_of(diagnostics)
        if self.layer is not None and self.layer not in layers:
            allowed = f"it must be one of: {', '.join(map(str, layers[::-1]))}"
            raise ConfigurationError(
                "layer", self.layer, allowed if layers else "the network has one layer"
            )
        highest = layers[0] if layers else None
        chosen = of_layer(diagnostics, highest if self.layer is None else self.layer)
        if signal_of(chosen) is None:
            raise ConfigurationError("id", self.id, "its rule reports nothing of time steps")
        return chosen


def _target_step(record):
    """β and 1/ℓ″ of a run with local targets; None of another."""
    from ..configuration import configuration
    from ..feedback import LocalTargets
    from ..reports import TargetStep

    again = configuration(record.configuration)
    run = again.build_run()
    if not isinstance(run.rule, LocalTargets):
        return None
    unit = run.rule.unit_step(again.build_protocol().batch_size, run.cell.each[-1].state_size)
    used: Any = unit if run.rule.is_unit else run.rule.target_step
    return TargetStep(used, unit)


def _train_again(record):
    """The history and diagnostics of the same training with them on; None if stopped."""
    from ..configuration import configuration
    from ..training import Training
    from .progress import TrainingProgress

    again = configuration(record.configuration)
    protocol = again.build_protocol()
    stopping = dataclasses.replace(protocol.stopping, max_iterations=record.iterations)
    protocol = dataclasses.replace(protocol, diagnostics=True, stopping=stopping)
    task, run = again.build_task(), again.build_run()
    label = f"{task.title}, once more with diagnostics"
    with StopRequest() as stop, TrainingProgress(label, task.counts_errors) as progress:
        training = Training(task, [run], protocol)
        while training.training and not stop.requested:
            training.advance()
            progress.show(training.snapshot())
    if training.training:
        return None
    history = training.results[0].history
    columns = {"iteration": history.iteration, "loss": history.loss, "error": history.error}
    return columns, history.diagnostics
