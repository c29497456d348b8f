"""Networks out of cutaway and into it: as NumPy code, ONNX graphs and PyTorch modules."""

from cutaway.export.export import Exported, export
from cutaway.export.from_onnx import from_onnx
from cutaway.export.from_pytorch import from_pytorch

__all__ = ["Exported", "export", "from_onnx", "from_pytorch"]
