"""A training in PyTorch, watched: its hooks fill the same records, so that the same checks give the same verdict."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np

from cutaway.diagnosis import evidence as facts
from cutaway.diagnosis.examination import HEADS, expected_loss
from cutaway.diagnosis.head import PASSING, unreachable
from cutaway.diagnosis.inputs import input_facts
from cutaway.diagnosis.layer_facts import RECTIFIERS, alike
from cutaway.diagnosis.references import references
from cutaway.diagnosis.targets import target_facts
from cutaway.diagnosis.telling import told
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.errors import InputError
from cutaway.layers.initializers import fans
from cutaway.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Loss,
    ResidualSumOfSquares,
    SquaredError,
)
from cutaway.records import Event, LayerVitals, NetworkVitals, StepRecord
from cutaway.training.observe import SATURATED, norm
from cutaway.training.score import score_of
from cutaway.training.step import Batch

# Rows that are kept, to know what the data is like.
ROWS = 2000
# Looks are this factor of steps apart, and left out where they cost more than this share of the time.
APART, SHARE = 1.15, 0.03
# The course of the loss is told in so many pieces.
PIECES = 40

# PyTorch's modules by the names of layers here.
KINDS = {
    "Linear": "Dense", "Conv1d": "Convolution", "Conv2d": "Convolution", "BatchNorm1d": "BatchNorm",
    "BatchNorm2d": "BatchNorm", "Dropout1d": "Dropout", "Dropout2d": "Dropout", "GroupNorm": "LayerNorm",
    "LogSoftmax": "LogSoftmax",
}  # fmt: skip
LOSSES: dict[str, Callable[[bool], tuple[Loss, str]]] = {
    "CrossEntropyLoss": lambda _: (CrossEntropy(), "logits"),
    "NLLLoss": lambda _: (CrossEntropy(), "log_probabilities"),
    "BCEWithLogitsLoss": lambda _: (BinaryCrossEntropy(), "logits"),
    "BCELoss": lambda _: (BinaryCrossEntropy(from_logits=False), "probabilities"),
    "MSELoss": lambda summed: (ResidualSumOfSquares() if summed else SquaredError(), "numbers"),
    "L1Loss": lambda _: (AbsoluteError(), "numbers"),
    "HuberLoss": lambda _: (Huber(), "numbers"),
    "SmoothL1Loss": lambda _: (Huber(), "numbers"),
}
# The rate that each optimizer's paper, or common use, starts from.
USUAL = {"SGD": 0.01, "Adam": 0.001, "AdamW": 0.001, "RMSprop": 0.001}


def watch(model: Any, optimizer: Any, loss: Any, validation: tuple[Any, Any] | None = None) -> Watch:
    """Watch a training loop in PyTorch, and say why it does not learn.

    model, optimizer, loss   as the loop uses them; the loss a module of `torch.nn`
    validation               (inputs, targets) that the loop does not learn from

    The loop stays as it is, and computes the same numbers; the hooks go when the block ends.

        with cutaway.diagnosis.torch.watch(model, optimizer, loss) as watched:
            for epoch in range(20):
                for x, y in batches:
                    optimizer.zero_grad()
                    loss(model(x), y).backward()
                    optimizer.step()
        print(watched)

    Raises `InputError` for a loss that has no counterpart here.
    """
    return Watch(model, optimizer, loss, validation)


class Watch:
    """What was seen of a training; `verdict()` says what is wrong with it."""

    def __init__(self, model: Any, optimizer: Any, loss: Any, validation: tuple[Any, Any] | None) -> None:
        name = type(loss).__name__
        if name not in LOSSES:
            called = getattr(loss, "__name__", "").replace("_", "").removesuffix("loss") + "loss"
            module = next((known for known in LOSSES if known.lower() == called), None)
            hint = f"; torch.nn.{module}() computes the same" if module else ""
            raise InputError(f"watch: the loss is a {name}, expected one of torch.nn's {', '.join(LOSSES)}{hint}")
        self.model, self.optimizer, self.loss, self.validation = model, optimizer, loss, validation
        self.summed = getattr(loss, "reduction", "mean") == "sum"
        self.ours, self.takes = LOSSES[name](self.summed)
        self.leaves = {path: part for path, part in model.named_modules() if not list(part.children())}
        self.kinds = {path: KINDS.get(type(part).__name__, type(part).__name__) for path, part in self.leaves.items()}
        self.handles: list[Any] = []
        self.step, self.next_look, self.spent, self.began = 0, 0, 0.0, 0.0
        self.losses: list[Any] = []
        self.rates: list[float] = []
        self.kept: list[tuple[np.ndarray, np.ndarray]] = []
        self.seen: set[int] = set()
        self.batch = 0
        self.input: Any = None
        self.answers: tuple[Any, Any] | None = None
        self.layers: dict[str, facts.LayerFacts] = {}
        self.first: tuple[np.ndarray, float] | None = None
        self.layer_vitals: list[LayerVitals] = []
        self.network_vitals: list[NetworkVitals] = []
        self.looks: dict[str, dict[str, Any]] = {}
        self.before: dict[str, Any] = {}
        self.broken: Event | None = None
        self.stretched = ""

    # ---- hooks --------------------------------------------------------------------------------------------------

    def __enter__(self) -> Watch:
        self.began = time.perf_counter()
        self.handles = [
            self.model.register_forward_pre_hook(self._begun),
            self.loss.register_forward_hook(self._judged),
            self.optimizer.register_step_pre_hook(self._blamed),
            self.optimizer.register_step_post_hook(self._moved),
        ]
        for path, part in self.leaves.items():
            self.handles.append(part.register_forward_hook(self._computed(path)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for handle in self.handles:
            handle.remove()
        self.handles = []

    @property
    def looking(self) -> bool:
        """Whether this step is looked at."""
        return self.step >= self.next_look and bool(self.model.training)

    def _begun(self, module: Any, given: tuple[Any, ...]) -> None:
        self.input = given[0].detach() if given else None
        self.looks = {}

    def _computed(self, path: str) -> Callable[..., None]:
        def hook(module: Any, given: tuple[Any, ...], output: Any) -> None:
            if not self.looking or not hasattr(output, "detach") or path in self.looks:
                return
            start = time.perf_counter()
            seen = {"input": given[0] if given else None, "output": output, "numbers": _numpy(output)}
            self.looks[path] = seen
            if self.step == 0 and output.requires_grad:
                output.register_hook(lambda blame: seen.__setitem__("blame", _numpy(blame)))
            self.spent += time.perf_counter() - start

        return hook

    def _judged(self, module: Any, given: tuple[Any, ...], value: Any) -> None:
        outputs, targets = given[0].detach(), given[1].detach()
        self.answers = (outputs, targets)
        if not self.model.training:
            return
        self.losses.append(value.detach())
        self.batch = max(self.batch, len(outputs))
        if not self.stretched and self.takes == "numbers" and outputs.shape != targets.shape:
            self.stretched = f"{tuple(targets.shape)} beside {tuple(outputs.shape)}"
        if self.input is not None and sum(len(x) for x, _ in self.kept) < ROWS:
            self._keep(_numpy(self.input), _numpy(targets))

    def _keep(self, x: np.ndarray, y: np.ndarray) -> None:
        """Keep rows that were not seen before: a row that comes again in the next epoch would be its own neighbour."""
        new = []
        for place in range(len(x)):
            key = hash((x[place].tobytes(), y[place].tobytes()))
            if key not in self.seen:
                self.seen.add(key)
                new.append(place)
        if new:
            self.kept.append((x[new], y[new]))

    def _blamed(self, optimizer: Any, *given: Any) -> None:
        if self.looking:
            self.before = {
                path: _numpy(value).copy() for path, value in self.model.named_parameters() if value.requires_grad
            }

    def _moved(self, optimizer: Any, *given: Any) -> None:
        self.rates.append(max(float(group["lr"]) for group in optimizer.param_groups))
        if self.broken is None and self.losses and not bool(self.losses[-1].isfinite().all()):
            self.broken = Event(self.step, "not finite", f"the loss of step {self.step} is not finite")
        if self.looking and self.answers is not None and self.looks:
            start = time.perf_counter()
            with np.errstate(all="ignore"):
                self._look()
            self.spent += time.perf_counter() - start
            costly = self.spent > SHARE * (time.perf_counter() - self.began)
            self.next_look = int(max(self.step + 1, self.step * APART)) + (50 if costly and self.step > 20 else 0)
        self.step += 1

    # ---- records ------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Make the vitals of this step, and of the first the facts of the layers."""
        grads = {
            path: _numpy(value.grad) if value.grad is not None else np.zeros(tuple(value.shape), np.float32)
            for path, value in self.model.named_parameters()
        }
        after = {path: _numpy(value) for path, value in self.model.named_parameters()}
        if self.step == 0:
            self._first(grads)
        for path, seen in self.looks.items():
            own = [key for key in self.before if key.rpartition(".")[0] == path]
            weight = norm([self.before[key] for key in own])
            change = norm([after[key] - self.before[key] for key in own])
            numbers, units = seen["numbers"], _last(seen["numbers"])
            self.layer_vitals.append(
                LayerVitals(
                    epoch=0,
                    step=self.step,
                    path=path,
                    kind=self.kinds[path],
                    output_mean=float(numbers.mean()),
                    output_std=float(numbers.std()),
                    silent=float(np.mean(np.abs(units).max(axis=0) == 0)),
                    saturated=_saturated(self.kinds[path], numbers),
                    weight_norm=weight if own else None,
                    gradient_norm=norm([grads[key] for key in own]) if own else None,
                    update_ratio=change / weight if own and weight > 0 else None,
                )
            )
        assert self.answers is not None
        outputs, targets = self._prepared(*(_numpy(part) for part in self.answers))
        value = float(self.losses[-1])
        score, commonest = score_of(self.ours, outputs, targets)
        decay = max(float(group.get("weight_decay", 0.0)) for group in self.optimizer.param_groups)
        length, decayed = norm(list(grads.values())), decay * norm(list(self.before.values()))
        self.network_vitals.append(
            NetworkVitals(
                epoch=0,
                step=self.step,
                loss=value,
                settled=value,
                score=score,
                validation_score=None,
                output_std=float(np.std(outputs, axis=0).mean()),
                commonest=commonest,
                gradient_norm=length,
                agreement=1.0,
                penalty=decayed / (length + decayed) if decayed else 0.0,
            )
        )

    def _first(self, grads: dict[str, np.ndarray]) -> None:
        """Make the facts of the layers as they are before the first step."""
        makers = {id(seen["output"]): path for path, seen in self.looks.items()}
        follows = {path: makers.get(id(seen["input"])) for path, seen in self.looks.items()}
        after = {before: self.kinds[path] for path, before in follows.items() if before is not None}
        for path, seen in self.looks.items():
            numbers, blame = seen["numbers"].astype(np.float64), seen.get("blame")
            parameters = [
                self._parameter(key, grads[key], after.get(path) in RECTIFIERS)
                for key in self.before
                if key.rpartition(".")[0] == path
            ]
            part = self.leaves[path]
            settings = {"rate": float(part.p)} if self.kinds[path] == "Dropout" else {}
            if self.kinds[path] in ("Softmax", "LogSoftmax"):
                dim = -1 if part.dim is None else int(part.dim)
                settings["axis"] = float(-1 if dim == numbers.ndim - 1 else dim)
            self.layers[path] = facts.LayerFacts(
                path=path, kind=self.kinds[path], follows=follows[path], units=_last(numbers).shape[-1],
                shape=tuple(numbers.shape[1:]),
                output_mean=float(numbers.mean()), output_std=float(numbers.std()),
                output_low=float(numbers.min()), output_high=float(numbers.max()),
                blame_rms=0.0 if blame is None else float(np.sqrt(np.mean(np.square(blame)))),
                settings=settings, parameters=tuple(parameters),
            )  # fmt: skip
        assert self.answers is not None
        self.first = (_numpy(self.answers[0]), float(self.losses[-1]))

    def _parameter(self, key: str, gradient: np.ndarray, relu: bool) -> facts.ParameterFacts:
        # PyTorch keeps (out, in, window); here it is (window, in, out).
        array, gradient = (
            np.moveaxis(part, (0, 1), (-1, -2)) if part.ndim > 1 else part for part in (self.before[key], gradient)
        )
        fan_in, fan_out = fans(array.shape)
        wanted = 0.0
        if array.ndim > 1:
            wanted = float(np.sqrt(2 / fan_in)) if relu else float(np.sqrt(2 / (fan_in + fan_out)))
        held = {id(value) for group in self.optimizer.param_groups for value in group["params"]}
        parameter = dict(self.model.named_parameters())[key]
        return facts.ParameterFacts(
            path=key, shape=tuple(array.shape), fan_in=fan_in, fan_out=fan_out, mean=float(array.mean()),
            std=float(array.std()), wanted=wanted, alike=alike(array, gradient),
            gradient=float(np.sqrt(np.mean(np.square(gradient, dtype=np.float64)))),
            moved=parameter.requires_grad and id(parameter) in held,
        )  # fmt: skip

    def _prepared(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return outputs with classes last, and targets as the loss here wants them."""
        if isinstance(self.ours, CrossEntropy) and outputs.ndim > 2:
            outputs = np.moveaxis(outputs, 1, -1)
        if outputs.ndim == 1:
            outputs = outputs[:, None]
        return outputs, self.ours.prepare(targets, tuple(outputs.shape))

    # ---- verdict ------------------------------------------------------------------------------------------------

    def evidence(self) -> facts.Evidence:
        """Return what was seen, as evidence; raises `InputError` where no step was taken."""
        if self.first is None:
            raise InputError(
                f"watch: {len(self.losses)} losses in training mode and no step of this optimizer were seen; take "
                "steps with this model, loss and optimizer inside it: loss(model(x), y).backward(), optimizer.step()"
            )
        x = np.concatenate([part for part, _ in self.kept])
        outputs = np.concatenate([self.first[0]] * -(-len(x) // len(self.first[0])))[: len(x)]
        shown, y = self._prepared(outputs, np.concatenate([part for _, part in self.kept]))
        if x.ndim > 2 and x.dtype.kind == "f":
            x = np.moveaxis(x, 1, -1)  # features last
        rows = Batch(x, y, None)
        embeds = any(kind.startswith("Embedding") for kind in self.kinds.values())
        layers = tuple(self.layers.values())
        working = [layer.kind for layer in layers if layer.kind not in PASSING]
        head = HEADS.get(working[-1], "linear") if working else "linear"
        judged, groups = self.first[0].reshape(len(self.first[0]), -1), self.optimizer.param_groups
        name, batch = type(self.optimizer).__name__, self.batch
        score, validation = self._outcome()
        with np.errstate(all="ignore"):
            return facts.Evidence(
                inputs=input_facts(rows, None, whole=embeds),
                targets=target_facts(y, shown.shape[-1], self.stretched),
                loss=facts.LossFacts(type(self.ours).__name__, self.takes, self.summed),
                optimizer=facts.OptimizerFacts(
                    name=name, learning_rate=max(self.rates), usual=USUAL.get(name, max(self.rates)),
                    momentum=float(groups[0].get("momentum", groups[0].get("betas", (0.0,))[0])),
                    epsilon=groups[0].get("eps"), weight_decay=float(groups[0].get("weight_decay", 0.0)),
                ),
                plan=facts.PlanFacts(
                    epochs=max(1, self.step * batch // len(x)), batch_size=batch, updates=self.step, shuffle=True
                ),
                layers=layers,
                output=facts.OutputFacts(
                    head=head, unreachable=unreachable(head, y), units=shown.shape[-1],
                    low=float(judged.min()), high=float(judged.max()), row_low=float(judged.sum(-1).min()),
                    row_high=float(judged.sum(-1).max()), loss=self.first[1],
                    expected=expected_loss(self.ours, rows, shown.shape), doubled=2.0 if self.summed else 1.0,
                ),
                references=references(self.ours, rows, min(len(x), 256)),
                layer_vitals=tuple(self.layer_vitals),
                network_vitals=tuple(self.network_vitals),
                history=tuple(self._history()),
                events=() if self.broken is None else (self.broken,),
                outcome=facts.Outcome(score, validation),
            )  # fmt: skip

    def _history(self) -> list[StepRecord]:
        pieces = np.array_split(np.array([float(value) for value in self.losses]), min(PIECES, len(self.losses)))
        ends = np.cumsum([len(piece) for piece in pieces])
        return [
            StepRecord(
                epoch=number + 1,
                step=int(end),
                loss=float(piece.mean()),
                validation=None,
                learning_rate=self.rates[min(int(end), len(self.rates)) - 1],
                seconds=0.0,
            )
            for number, (piece, end) in enumerate(zip(pieces, ends, strict=True))
        ]

    def _outcome(self) -> tuple[float, float | None]:
        """Return the score of the network as it is now, on rows that were kept and on those held out."""
        import torch

        parts = [tuple(torch.as_tensor(np.concatenate(part)) for part in zip(*self.kept, strict=True))]
        parts += [self.validation] if self.validation is not None else []
        # Each module by itself: some may be in evaluation mode on purpose.
        modes, place = [(part, part.training) for part in self.model.modules()], next(self.model.parameters()).device
        self.model.eval()
        scores = []
        with torch.no_grad():
            for x, y in parts:
                outputs = _numpy(self.model(x[:ROWS].to(place)))
                scores.append(score_of(self.ours, *self._prepared(outputs, _numpy(y[:ROWS])))[0])
        for part, was in modes:
            part.training = was
        return scores[0], scores[1] if self.validation is not None else None

    def verdict(self) -> Verdict:
        """Return what is wrong with the training, as for one made here."""
        return verdict(self.evidence())

    def __repr__(self) -> str:
        if self.first is None:
            return "Watch(no step seen)"
        found = self.verdict().findings
        return "\n".join(told(finding) for finding in found) or "nothing is wrong that could be found"


def _numpy(value: Any) -> np.ndarray:
    array: np.ndarray = value.detach().float().cpu().numpy() if value.is_floating_point() else value.cpu().numpy()
    return array


def _last(numbers: np.ndarray) -> np.ndarray:
    """Return rows of units: the second axis of PyTorch's pictures, the last of all else."""
    if numbers.ndim == 4:
        numbers = np.moveaxis(numbers, 1, -1)
    return numbers.reshape(-1, numbers.shape[-1] if numbers.ndim > 1 else 1)


def _saturated(kind: str, numbers: np.ndarray) -> float | None:
    if kind == "Tanh":
        return float(np.mean(np.abs(numbers) > 1 - 2 * SATURATED))
    if kind in ("Sigmoid", "Softmax"):
        return float(np.mean((numbers < SATURATED) | (numbers > 1 - SATURATED)))
    return None
