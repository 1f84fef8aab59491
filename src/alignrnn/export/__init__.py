"""In: a trained network. Out: the same as a module of PyTorch, or as an ONNX file."""

from .onnx_file import to_onnx as to_onnx
from .pytorch import to_torch as to_torch
