"""Explaining: every number forward, every blame back, the landscape, bias and variance, and export as code."""

from cutaway.explain.approximate import approximate
from cutaway.explain.approximation import Approximation
from cutaway.explain.attention_maps import AttentionMap, attention_maps
from cutaway.explain.bias_variance import BiasVariance, bias_variance
from cutaway.explain.blame import Blame, blame
from cutaway.explain.contributions import Contributions, contributions
from cutaway.explain.curvature import Curvature, curvature
from cutaway.explain.landscape import landscape
from cutaway.explain.landscape_found import Landscape
from cutaway.explain.neurons import Neuron, NeuronLayer, neurons
from cutaway.explain.record import Step, Trace
from cutaway.explain.row import ColumnShare, RowExplanation
from cutaway.explain.saliency import Saliency, filters, saliency
from cutaway.explain.step import StepShown, Update, step
from cutaway.explain.text import TextExplanation, text_explained
from cutaway.explain.trace import trace

__all__ = [
    "Approximation", "AttentionMap", "BiasVariance", "Blame", "ColumnShare", "Contributions", "Curvature",
    "Landscape", "Neuron", "NeuronLayer", "RowExplanation", "Saliency", "Step", "StepShown", "TextExplanation",
    "Trace", "Update", "approximate", "attention_maps", "bias_variance", "blame", "contributions", "curvature",
    "filters", "landscape", "neurons", "saliency", "step", "text_explained", "trace",
]  # fmt: skip
