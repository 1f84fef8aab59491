"""`alignrnn gradients`: what flowed through the layers of a run while it trained."""

import dataclasses
from pathlib import Path
from typing import Annotated

import tyro
from rich.table import Table

from ..configuration import configuration
from ..errors import ConfigurationError
from ..reports import PerCheck, flow_figure, flow_rows, save_figure
from ..results import Record, is_sweep, load_diagnostics, read_store, writable
from ..training import train_many, use_cores
from .progress import StopRequest, TrainingProgress
from .terminal import wide_console

COLUMNS = ("layer", "local loss", "‖ΔW_hh‖", "‖ΔW_xh‖", "‖h̄ - h‖", "gain to the layer below")


@dataclasses.dataclass
class Gradients:
    """Show local loss and gradient norms per layer over the training of a run, as the paper's
    Figures 2 to 4 do, and as a table of its last check.

    Of a run in the directory of a sweep or a reproduction that recorded no diagnostics, the same
    training is made once more with them.
    """

    directory: tyro.conf.Positional[Path]
    """The directory of a training, a sweep or a reproduction."""
    id: str | None = None
    """Which run: its seed in the directory of a training (default: the first), and otherwise its
    id as `alignrnn runs` lists it, or the beginning of it."""
    out: Annotated[
        Path | None,
        tyro.conf.arg(metavar="PATH", help_behavior_hint="(default: gradients-ID.png in there)"),
    ] = None
    """The picture; its ending says in which format."""

    def run(self) -> bool:
        """Read or train, draw, print; whether it was stopped from outside."""
        use_cores()
        if is_sweep(self.directory):
            record = self._record()
            name, history, diagnostics = record.identity, record.history, record.diagnostics
            if not diagnostics:
                trained = _train_again(record)
                if trained is None:
                    return True
                history, diagnostics = trained
        else:
            name, history, diagnostics = load_diagnostics(self.directory, self.id)
        if not len(history["iteration"]):
            raise ConfigurationError("id", name, "it ended before its first check")
        out = self.out or self.directory / f"gradients-{name}.png"
        writable("out", out, lambda path: save_figure(flow_figure(history, diagnostics), path))
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in COLUMNS:
            table.add_column(column, justify="left" if column == "layer" else "right")
        for row in flow_rows(diagnostics):
            table.add_row(*row)
        console = wide_console()
        console.print(f"at iteration {history['iteration'][-1]:,}:", highlight=False)
        console.print(table)
        console.print(f"picture: {out}", highlight=False, soft_wrap=True)
        return False

    def _record(self) -> Record:
        records = list(read_store(self.directory))
        found = [each for each in records if each.identity.startswith(self.id or "")]
        if len(found) != 1:
            known = f"{len(found)} of {len(records)} runs there have such an id"
            raise ConfigurationError("id", self.id or "none", f"it must name one run, but {known}")
        return found[0]


def _train_again(record: Record) -> tuple[PerCheck, PerCheck] | None:
    """The history and diagnostics of the same training with them on; None if stopped."""
    again = configuration(record.configuration)
    protocol = again.build_protocol()
    stopping = dataclasses.replace(protocol.stopping, max_iterations=record.iterations)
    protocol = dataclasses.replace(protocol, diagnostics=True, stopping=stopping)
    task, run = again.build_task(), again.build_run()
    label = f"{task.name} T={task.length}, once more with diagnostics"
    with StopRequest() as stop, TrainingProgress(label, task.counts_errors) as progress:
        (result,) = train_many(task, [run], protocol, on_progress=progress.show, should_stop=stop)
    if stop.requested:
        return None
    history = result.history
    columns = {"iteration": history.iteration, "loss": history.loss, "error": history.error}
    return columns, history.diagnostics
