"""What an optimizer is: from weights, gradients and moments to new weights and moments. Arrays only."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar

import numpy as np

from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.schedules import ConstantRate, Schedule, as_schedule

Arrays = dict[str, Array]


class Optimizer:
    """Gradient descent in one of its forms.

    learning_rate   a number, or a schedule (a function of the share of training that is done)
    clip_norm       shorten the gradient of all parameters together to at most this length
    clip_value      limit each element of the gradient to [−clip_value, clip_value], before clip_norm
    weight_decay    each step also shrinks the weights: w ← w − rate · weight_decay · w (decoupled); a number, or a
                    schedule taken at the same t as the learning rate
    learning_rate_factors, weight_decay_factors
                    what rate and decay are multiplied by for parameters whose path fits a pattern, such as
                    `{"*.bias": 0.1}`; the last pattern that fits counts

    The moments are a flat dict of arrays: `step`, `learning_rate_factor`, and each slot as `slot:path`.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        learning_rate: float | Schedule,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        weight_decay: float | Schedule = 0.0,
        learning_rate_factors: Mapping[str, float] | None = None,
        weight_decay_factors: Mapping[str, float] | None = None,
    ) -> None:
        name = type(self).__name__
        self.learning_rate = as_schedule(learning_rate, name)
        for setting, value in (("clip_norm", clip_norm), ("clip_value", clip_value)):
            if value is not None and not value > 0:
                raise InputError(f"{name}: {setting} must be above 0, got {value!r}")
        as_schedule(weight_decay, name, "weight_decay")
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.weight_decay = weight_decay
        self.learning_rate_factors = dict(learning_rate_factors or {})
        self.weight_decay_factors = dict(weight_decay_factors or {})

    def init(self, params: Mapping[str, Array]) -> Arrays:
        """Return the moments before the first step; raises `InputError` for a pattern that fits no parameter."""
        for pattern in (*self.learning_rate_factors, *self.weight_decay_factors):
            if not any(fnmatchcase(path, pattern) for path in params):
                raise InputError(
                    f"{type(self).__name__}: no parameter fits the pattern {pattern!r}; there are {', '.join(params)}"
                )
        moments: Arrays = {"step": np.zeros((), np.int32), "learning_rate_factor": np.ones((), np.float32)}
        for path, parameter in params.items():
            for slot in self.slots:
                moments[f"{slot}:{path}"] = np.zeros(parameter.shape, parameter.dtype)
        return moments

    def update(
        self,
        params: Mapping[str, Array],
        grads: Mapping[str, Array],
        moments: Mapping[str, Array],
        steps: Array = 1,
    ) -> tuple[Arrays, Arrays]:
        """Return new parameters and moments after one step of `steps` in all; nothing is changed in place."""
        step = moments["step"]
        xp = namespace(step)
        # The rate is as exact as the parameters: float64 where one of them is.
        types = {parameter.dtype for parameter in params.values()}
        exact = xp.float64 if np.dtype(np.float64) in types else xp.float32
        done = xp.asarray(step, dtype=exact) / xp.asarray(steps, dtype=exact)
        rate = self.learning_rate(done) * xp.asarray(moments["learning_rate_factor"], dtype=exact)
        shared = (rate, *self.numbers(rate, xp.asarray(step + 1, dtype=exact)))
        numbers = {kind: [xp.asarray(number, dtype=kind) for number in shared] for kind in types}
        decays: dict[Any, Any] = dict.fromkeys(types, self.weight_decay)
        if isinstance(self.weight_decay, Schedule):
            now = self.weight_decay(done)
            decays = {kind: xp.asarray(now, dtype=kind) for kind in types}
        grads = self._clipped(grads)
        new_params: Arrays = {}
        new_moments: Arrays = {"step": step + 1, "learning_rate_factor": moments["learning_rate_factor"]}
        for path, parameter in params.items():
            own = {slot: moments[f"{slot}:{path}"] for slot in self.slots}
            rate, *others = numbers[parameter.dtype]
            change, own = self.apply_single(grads[path], own, *others)
            share = factor(self.weight_decay_factors, path)
            if share and self.weight_decay:
                change = change + (rate * (decays[parameter.dtype] * share)) * parameter
            faster = factor(self.learning_rate_factors, path)
            new_params[path] = parameter - (change if faster == 1 else faster * change)
            for slot, value in own.items():
                new_moments[f"{slot}:{path}"] = value
        return new_params, new_moments

    def numbers(self, rate: Array, count: Array) -> tuple[Array, ...]:
        """Return the numbers of a step that all parameters share; the rate η alone, if not said otherwise.

        `count` is 1 at the first step.
        """
        return (rate,)

    def apply_single(self, gradient: Array, slots: Arrays, *numbers: Array) -> tuple[Array, Arrays]:
        """Return what is subtracted from one parameter, and its new slots, given the step's `numbers`."""
        raise TypeError(f"{type(self).__name__} does not say how to step; define apply_single")

    def _clipped(self, grads: Mapping[str, Array]) -> Mapping[str, Array]:
        if self.clip_value is not None:
            limit = self.clip_value
            grads = {path: namespace(g).clip(g, -limit, limit) for path, g in grads.items()}
        if self.clip_norm is not None:
            norm = global_norm(grads)
            xp = namespace(norm)
            scale = xp.where(norm > self.clip_norm, self.clip_norm / xp.where(norm > 0, norm, 1), 1)
            grads = {path: g * xp.astype(scale, g.dtype) for path, g in grads.items()}
        return grads

    def __repr__(self) -> str:
        rate = self.learning_rate
        shown = [f"{rate.rate:g}" if type(rate) is ConstantRate else repr(rate)]
        own, shared = (inspect.signature(made).parameters for made in (type(self).__init__, Optimizer.__init__))
        for name, value in vars(self).items():
            usual = own[name].default if name in own else shared[name].default
            if name != "learning_rate" and (value or usual) and value != usual:
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


def factor(patterns: Mapping[str, float], path: str) -> float:
    """Return the factor of the last pattern that fits `path`, 1 where none does.

    >>> factor({"*.bias": 0.1}, "0.bias"), factor({"*.bias": 0.1}, "0.weight")
    (0.1, 1.0)
    """
    result = 1.0
    for pattern, value in patterns.items():
        if fnmatchcase(path, pattern):
            result = float(value)
    return result


def global_norm(arrays: Mapping[str, Array]) -> Array:
    """Return the length √Σ x² of all arrays together."""
    xp = namespace(*arrays.values())
    total = sum(xp.sum(array * array) for array in arrays.values())
    return xp.sqrt(xp.asarray(total))
