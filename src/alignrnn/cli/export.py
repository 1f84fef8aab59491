"""`alignrnn export`: a trained network for PyTorch, or as an ONNX file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from ..errors import ConfigurationError
from ..names import InputKind
from .options import hint
from .trained import Trained, configuration_of, trained


@dataclass(kw_only=True)
class Export:
    """Write a trained network for PyTorch, or as an ONNX file, with the same outputs up to
    rounding, and say how it is read. What the network does with features first goes with it."""

    trained: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="RUN")]
    """A directory of runs, whose best is taken, or a network's .npz file."""
    to: Literal["torch", "onnx"]
    """torch: the weights of nn.RNN, nn.GRU or nn.LSTM and nn.Linear, a state_dict (PyTorch must be
    installed); onnx: a whole model (needs alignrnn[export])."""
    run_id: Annotated[str | None, hint(str, "the best that kept its network")] = None
    """Which run of a directory: its id as `alignrnn runs` lists it, or the beginning of it."""
    inputs: Annotated[InputKind | None, hint("{symbols,features}", "what it was trained on")] = None
    """Of an ONNX model: what it takes. A network's file by itself does not say."""
    lengths: bool = False
    """Of an ONNX model: a second input says how long each sequence is."""
    out: Annotated[Path | None, hint(Path, "network.pt, network.onnx")] = None
    """The file to write."""

    def run(self) -> bool:
        """Read, write, tell."""
        found = trained(self.trained, self.run_id)
        lines = self._torch(found) if self.to == "torch" else self._onnx(found)
        for line in lines:
            print(line)
        return False

    def _torch(self, found: Trained) -> Iterator[str]:
        from ..export import to_torch
        from ..files import atomic, writable

        for option in ("inputs", "lengths"):
            if getattr(self, option):
                allowed = "it is an option of --to onnx; a module of PyTorch takes them as they are"
                raise ConfigurationError(option, getattr(self, option), allowed)
        module = to_torch(found.network)
        import torch  # pyright: ignore[reportMissingImports]

        def write(path: Path) -> None:
            with atomic(path, "wb") as file:
                torch.save(module.state_dict(), file)

        out = self.out or Path("network.pt")
        writable("out", out, write)
        yield f"the weights of these modules are in {out}, a state_dict:"
        for number, rnn in enumerate(module.rnns):
            yield f"  rnns.{number}   torch.nn.{rnn}"
        readout = module.readout
        yield f"  readout  torch.nn.Linear({readout.in_features}, {readout.out_features})"
        if found.network.preparation is not None:
            yield "  before them: x = (x - offsets) / scales, which are there too"
        elif _inputs_of(found) == "symbols":
            size = found.network.input_size
            yield f"  before them: x = torch.nn.functional.one_hot(x, {size}).float()"

    def _onnx(self, found: Trained) -> Iterator[str]:
        from ..export import to_onnx

        out = self.out or Path("network.onnx")
        inputs = self.inputs or _inputs_of(found)
        to_onnx(found.network, out, inputs=inputs, lengths=self.lengths)
        network = found.network
        steps = ", T" if network.every_step else ""
        size = "" if inputs == "symbols" else f", {network.input_size}"
        yield f"{out}, a model of ONNX:"
        yield f"  x: {inputs or 'features'} (N, T{size})"
        if self.lengths:
            yield "  lengths: (N)"
        yield f"  scores: {network.output_kind} (N{steps}, {network.output_size})"


def _inputs_of(found: Trained) -> InputKind | None:
    """What a run's network was trained on; None where that cannot be known."""
    import jax

    if found.record is None or found.network.preparation is not None:
        return None
    try:
        task = configuration_of(found.record).build_task()
    except ConfigurationError:  # its data are elsewhere by now
        return None
    batch = jax.eval_shape(lambda key: task.sample(key, 1), jax.random.key(0))
    return "symbols" if batch.inputs.ndim == 2 else "features"
