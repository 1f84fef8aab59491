"""Named dimensions, one home: `time` T, `batch` B, `input` I, `hidden` H, `output` O, and `scored`
S, the steps that are scored: 1, the last, or all T."""

from typing import Any

from jaxtyping import Array, Bool, Float, Int, Key, PyTree

Device = Any
"""A `jax.Device`, which is no type to a type checker."""

PRNGKey = Key[Array, ""]

Symbols = Int[Array, "time batch"]
Features = Float[Array, "time batch input"]
Inputs = Symbols | Features
"""Time-major inputs: integer symbols (their one-hot code is implied), or real features."""
StepInputs = Int[Array, "*lead"] | Float[Array, "*lead input"]
"""The same of one step, of many, or of a whole sequence."""

Classes = Int[Array, "scored batch"]
Values = Float[Array, "scored batch output"]
Targets = Classes | Values
"""What to say at each scored step: a class, or a vector of real values or of bits."""
Weights = Float[Array, "scored batch"]
"""How much each answer counts."""
Lengths = Int[Array, " batch"]
Live = Bool[Array, "time batch"]
"""Which steps are within their sequence."""

State = PyTree[Float[Array, "batch _"]]
"""What a cell carries from step to step: `(B, H)`, or a tree of such arrays."""
States = PyTree[Float[Array, "time batch _"]]
SomeStates = PyTree[Float[Array, "*lead _"]]
"""States of one step, or of all."""
Drive = PyTree[Float[Array, "..."]]
"""What inputs contribute to a step, of any width."""
Residuals = PyTree[Float[Array, "..."]]
"""What a step computed on its way and its derivatives need again; None: nothing."""
Output = Float[Array, "*lead hidden"]
"""What a layer shows."""
Outputs = Float[Array, "scored batch output"]

Scalar = Float[Array, ""]
Count = Int[Array, ""]
Flag = Bool[Array, ""]
PerStep = Float[Array, " time"]

Labels = tuple[int | str | bool, ...]
"""What each class is called, in order."""
