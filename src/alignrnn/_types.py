"""Named dimensions, one home: `time` T, `batch` B, `input` I, `hidden` H, `output` O."""

from typing import Any, Literal

from jaxtyping import Array, Bool, Float, Int, Key

Device = Any
"""A `jax.Device`, which is no type to a type checker."""

PRNGKey = Key[Array, ""]

Symbols = Int[Array, "time batch"]
Features = Float[Array, "time batch input"]
Inputs = Symbols | Features
"""Time-major inputs: integer symbols (their one-hot code is implied), or real features."""

Classes = Int[Array, " batch"]
Values = Float[Array, "batch output"]
Targets = Classes | Values
"""One target a sequence: a class, or a vector of real values."""

State = Float[Array, "batch hidden"]
States = Float[Array, "time batch hidden"]
Outputs = Float[Array, "batch output"]

Scalar = Float[Array, ""]
Count = Int[Array, ""]
Flag = Bool[Array, ""]
PerStep = Float[Array, " time"]

Labels = tuple[int | str | bool, ...]
"""What each class is called, in order."""

OutputKind = Literal["classes", "values"]
"""Whether outputs are logits of classes, or real values."""
