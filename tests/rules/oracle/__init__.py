"""The rules as slow loops straight from docs/algorithms.md, 3 to 5 and 8 on; derivatives by JAX.

Nothing here uses the package's rules, losses, cells or networks: only plain arrays. Parameters are
a dictionary by name, those of layer l of several as `l.w_hh`. Entry t of a list over time is step
t; entry 0 is what was before the first.
"""

from .bptt import bptt_omega as bptt_omega
from .error_weights import bounded as bounded
from .error_weights import learned as learned
from .error_weights import lra as lra
from .error_weights import mirrored as mirrored
from .errors import gradients_of as gradients_of
from .errors import output_errors as output_errors
from .feedback_alignment import direct_feedback_alignment as direct_feedback_alignment
from .feedback_alignment import feedback_alignment as feedback_alignment
from .lra_diff import Pull as Pull
from .lra_diff import lra_diff as lra_diff
from .network import PHI as PHI
from .network import Answers as Answers
from .network import Cell as Cell
from .network import Run as Run
from .network import alive as alive
from .network import answer_losses as answer_losses
from .network import elman as elman
from .network import forward as forward
from .network import gru as gru
from .network import layers_of as layers_of
from .network import leaky_elman as leaky_elman
from .network import loss_at as loss_at
from .network import lstm as lstm
from .network import said as said
from .network import scored as scored
from .network import where as where
from .network import whole_loss as whole_loss
from .online import e_prop as e_prop
from .online import online as online
from .online import rtrl as rtrl
from .online import snap_1 as snap_1
from .online import uoro as uoro
from .regularized_inverse import damping_of as damping_of
from .regularized_inverse import regularized_inverse as regularized_inverse
from .signals import carried as carried
from .signals import joined as joined
from .signals import local_loss as local_loss
from .signals import norm as norm
from .signals import normalize as normalize
from .signals import omega as omega
from .tptt import tptt as tptt
