"""A network as an ONNX file, of the standard's own RNN, GRU and LSTM; needs `alignrnn[export]`."""

import json
import os
from pathlib import Path
from typing import Any, get_args

import numpy as np

from ..cells import LEAK
from ..data import Preparation
from ..errors import ConfigurationError, Description, check_choice, check_switch, check_type
from ..files import atomic, writable
from ..names import InputKind
from ..network import RNN
from .layers import Weights, weights_of

_OPSET, _FORMAT = 17, 8
"""Of 2022: what reads ONNX files today reads these."""
_ORDER = {"RNN": [0], "GRU": [1, 0, 2], "LSTM": [0, 3, 1, 2]}
"""Of ONNX's gates (z, r, h; i, o, f, c) the places of PyTorch's."""
_ACTIVATIONS: dict[str, dict[str, Any]] = {
    "tanh": {"activations": ["Tanh"]},
    "sigmoid": {"activations": ["Sigmoid"]},
    "relu": {"activations": ["Relu"]},
    "leaky_relu": {"activations": ["LeakyRelu"], "activation_alpha": [LEAK]},
    "softplus": {"activations": ["Softplus"]},
    "identity": {"activations": ["Affine"], "activation_alpha": [1.0], "activation_beta": [0.0]},
}


def to_onnx(
    network: RNN,
    path: str | Path,
    *,
    inputs: InputKind | None = None,
    lengths: bool = False,
) -> None:
    """Write the network to `path` as an ONNX model, with the same outputs up to rounding.

    Its input `x` is symbols, int64 `(N, T)`, or features `(N, T, I)`: `inputs` says which; without
    it they are features where the network has a preparation, which is then part of the model. With
    `lengths` there is a second input, `lengths`, int64 `(N,)`. Its output `scores` is what
    `network.scores` returns: `(N, O)`, or with an answer at every step `(N, T, O)`. Real numbers
    are of the weights' precision. The model's metadata say what the scores are (`output_kind`,
    `labels`).

    Raises `ConfigurationError` where the package onnx is not installed, for a cell other than
    `Elman`, `GRU` and `LSTM`, where it is not known what the inputs are, and for a place that
    cannot be written.

    Examples:
        >>> import alignrnn as ar
        >>> import jax
        >>> network = ar.RNN(ar.GRU(8), 3, 2, key=jax.random.key(0))
        >>> ar.to_onnx(network, "network.onnx", inputs="symbols")
        >>> import onnx
        >>> [each.name for each in onnx.load("network.onnx").graph.output]
        ['scores']
    """
    check_type("path", path, str | os.PathLike, "it must be the path of a file to write")
    check_switch("lengths", lengths)
    layers = weights_of(network, _ACTIVATIONS, "ONNX")
    model = _model(_onnx(), network, layers, _checked_inputs(network, inputs), lengths)

    def write(path: Path) -> None:
        with atomic(path, "wb") as file:
            file.write(model.SerializeToString())

    writable("path", Path(path), write)


def _checked_inputs(network: RNN, inputs: InputKind | None) -> InputKind:
    if inputs is None and network.preparation is not None:
        return "features"
    if inputs is None:
        allowed = "it must be symbols or features: a network by itself does not say which"
        raise ConfigurationError("inputs", Description("nothing"), allowed)
    check_choice("inputs", inputs, get_args(InputKind))
    if inputs == "symbols" and network.preparation is not None:
        raise ConfigurationError("inputs", inputs, "the network was trained on features")
    return inputs


def _onnx() -> Any:
    try:
        import onnx  # pyright: ignore[reportMissingImports]
    except ImportError:
        found, allowed = (
            Description("no onnx"),
            "it needs the extra: pip install 'alignrnn[export]'",
        )
        raise ConfigurationError("to", found, allowed) from None
    return onnx


class _Graph:
    """Nodes and constants of a graph, as they are made."""

    def __init__(self, onnx: Any):
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        """Its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """The name of its output."""
        name = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [name], **attributes))
        return name

    def cast(self, x: str, kind: Any) -> str:
        """x in another precision."""
        return self.node("Cast", x, to=self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)))


def _model(onnx: Any, network: RNN, layers: list[Weights], inputs: InputKind, lengths: bool):
    graph, helper = _Graph(onnx), onnx.helper
    dtype = np.asarray(network.readout.w_hy).dtype
    real, whole = helper.np_dtype_to_tensor_dtype(dtype), onnx.TensorProto.INT64
    values = helper.make_tensor_value_info
    is_symbols = inputs == "symbols"
    x = (
        values("x", whole, "NT")
        if is_symbols
        else values("x", real, ["N", "T", network.input_size])
    )
    given = [x, values("lengths", whole, "N")] if lengths else [x]
    steps = ["T"] if network.every_step else []
    scores = values("scores", real, ["N", *steps, network.output_size])
    shown = _first(graph, network, is_symbols, dtype)
    for layer in layers:
        shown = _layer(graph, layer, shown)
    shown = _scored(graph, shown, network.every_step, lengths)
    product = graph.node("MatMul", shown, graph.constant(network.readout.w_hy))
    graph.node("Add", product, graph.constant(network.readout.b_y), name="scores")
    made = helper.make_graph(graph.nodes, "alignrnn", given, [scores], graph.constants)
    opset = helper.make_opsetid("", _OPSET)
    model = helper.make_model(
        made, opset_imports=[opset], ir_version=_FORMAT, producer_name="alignrnn"
    )
    labels = {} if network.labels is None else {"labels": json.dumps(list(network.labels))}
    helper.set_model_props(model, {"output_kind": network.output_kind, **labels})
    onnx.checker.check_model(model, full_check=True)
    return model


def _first(graph: _Graph, network: RNN, is_symbols: bool, dtype: Any) -> str:
    """What the first layer sees, `(T, N, I)`."""
    if is_symbols:
        one_hot = graph.node("Gather", graph.constant(np.eye(network.input_size, dtype=dtype)), "x")
        return graph.node("Transpose", one_hot, perm=[1, 0, 2])
    x = graph.node("Transpose", "x", perm=[1, 0, 2])
    if network.preparation is None:
        return x
    return graph.cast(_prepared(graph, network.preparation, graph.cast(x, float)), dtype)


def _prepared(graph: _Graph, preparation: Preparation, x: str) -> str:
    """In double precision, as in training."""
    if preparation.missing == "mean":
        x = graph.node("Where", graph.node("IsNaN", x), graph.constant(preparation.means), x)
    elif preparation.missing == "previous":
        x = _filled(graph, preparation, x)
    centred = graph.node("Sub", x, graph.constant(preparation.offsets))
    return graph.node("Div", centred, graph.constant(preparation.scales))


def _filled(graph: _Graph, preparation: Preparation, x: str) -> str:
    """Each missing number by the last one there was, the first by its mean: a scan over time."""
    helper, double = graph.onnx.helper, graph.onnx.TensorProto.DOUBLE
    first = graph.node("Gather", x, graph.constant(0), axis=0)
    means = graph.constant(preparation.means)
    start = graph.node("Where", graph.node("IsNaN", first), means, first)
    step = _Graph(graph.onnx)
    step.node("Where", step.node("IsNaN", "at"), "before", "at", name="now")
    step.node("Identity", "now", name="shown")
    of_step = [
        helper.make_tensor_value_info(name, double, ["N", len(preparation.means)])
        for name in ("before", "at", "now", "shown")
    ]
    body = helper.make_graph(step.nodes, "step", of_step[:2], of_step[2:])
    graph.nodes.append(
        helper.make_node("Scan", [start, x], ["last", "filled"], num_scan_inputs=1, body=body)
    )
    return "filled"


def _layer(graph: _Graph, layer: Weights, x: str) -> str:
    """Its outputs `(T, N, H)`, of inputs `(T, N, I)`."""
    hidden = layer.weight_hh.shape[1]

    def ordered(weights: np.ndarray) -> np.ndarray:
        gates = np.split(weights, len(_ORDER[layer.kind]))
        return np.concatenate([gates[place] for place in _ORDER[layer.kind]])

    biases = np.concatenate([ordered(layer.bias_ih), ordered(layer.bias_hh)])
    weights = (ordered(layer.weight_ih), ordered(layer.weight_hh), biases)
    constants = [graph.constant(each[None]) for each in weights]  # of one direction
    options = {
        "RNN": _ACTIVATIONS[layer.activation],
        "GRU": {"linear_before_reset": 1},  # r multiplies what has its bias already
        "LSTM": {},
    }[layer.kind]
    every = graph.node(layer.kind, x, *constants, hidden_size=hidden, **options)
    return graph.node("Squeeze", every, graph.constant([1]))


def _scored(graph: _Graph, shown: str, every_step: bool, lengths: bool) -> str:
    """What the readout sees, `(N, H)` or `(N, T, H)`; past its length a sequence is held."""
    if not every_step and not lengths:
        return graph.node("Gather", shown, graph.constant(-1), axis=0)
    shown = graph.node("Transpose", shown, perm=[1, 0, 2])
    if not lengths:
        return shown
    one = graph.constant(1)
    last = graph.node("Unsqueeze", graph.node("Sub", "lengths", one), graph.constant([1]))
    if not every_step:
        return graph.node("GatherND", shown, last, batch_dims=1)
    count = graph.node("Gather", graph.node("Shape", shown), one)
    steps = graph.node("Range", graph.constant(0), count, one)
    at = graph.node("Unsqueeze", graph.node("Min", steps, last), graph.constant([2]))
    return graph.node("GatherND", shown, at, batch_dims=1)
