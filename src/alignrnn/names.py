"""The names that options take, one home for each; without JAX, so that a help text needs none."""

from typing import Literal

LocalLossName = Literal["mse", "log_penalty"]
"""ℓ."""
Reduction = Literal["mean", "batch"]
"""R of a local loss."""
Align = Literal["states", "pre_activations"]
"""What a local loss compares."""
NormalizationName = Literal["clip", "forced", "off"]
"""How c₁ and c₂ act."""
RegularizedPlace = Literal["weights", "recurrent", "inputs", "targets"]
"""Where α acts."""
PLACES: tuple[RegularizedPlace, ...] = ("weights", "inputs", "targets")
"""Those of Algorithm 2."""
NormOver = Literal["batch", "sample"]
"""What Ω's norms are over."""
OverSteps = Literal["sum", "mean"]
"""What becomes of Ω over the time steps."""
RegularizationBy = Literal["constant", "downstream"]
"""What α of a layer is."""
InputGradient = Literal["local", "bptt"]
"""What trains W_xh under TPTT."""
OutputFeedback = Literal["symmetric", "random"]
"""What carries the outputs' error to the units under an online rule."""

ActivationName = Literal["tanh", "sigmoid", "relu", "leaky_relu", "softplus", "identity"]
"""φ."""
InitializerName = Literal[
    "orthogonal",
    "slow_rotation",
    "xavier_uniform",
    "xavier_normal",
    "identity",
    "gaussian",
    "sparse_smart_tanh",
]
"""Initial weights."""
InverseInitializerName = Literal[InitializerName, "transpose"]
"""Initial weights of TPTT's inverse."""
FeedbackDraw = Literal["orthogonal", "normal"]
"""How feedback weights are drawn, of a gain of one."""
FeedbackInitializerName = Literal[FeedbackDraw, "transpose"]
"""Initial feedback weights."""
ErrorWeightLearning = Literal["fixed", "learned", "kolen-pollack", "mirror"]
"""How error weights learn."""
SkipFrom = Literal["outputs", "steps"]
"""From where errors skip steps."""
InverseForm = Literal["linear", "difference", "gauss-newton"]
"""How a regularised inverse inverts a step."""
GraphName = Literal["local", "as_published"]
"""Through what gradients of local losses run."""

OutputKind = Literal["classes", "values", "bits"]
"""Whether outputs are logits of classes, real values, or logits of bits."""
ImageForm = Literal["pixels", "permuted", "rows"]
"""What the steps of an image are: pixels row by row, the same in a fixed order, or rows."""
ValidateBy = Literal["errors", "loss"]
"""What the validation error of classes is, and of values with a tolerance: the fraction that is
wrong, or the mean loss, which tells one network from another where few answers are held out."""
Missing = Literal["refuse", "mean", "previous"]
"""What stands for a feature that is missing: nothing may; its channel's mean over the training
part; or the channel's last number before it, and where there is none the mean."""

Decay = Literal["none", "exponential", "inverse", "cosine"]
"""How the learning rate falls."""
Status = Literal["solved", "max_iterations", "no_improvement", "diverged", "outpaced", "stopped"]
"""How a run ended."""
BudgetName = Literal["quick", "standard", "full"]
"""How much is run for the paper's tables and figures."""
LogName = Literal["csv", "tensorboard"]
"""How what the checks of a running training find is logged."""
