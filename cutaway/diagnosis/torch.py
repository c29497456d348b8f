"""A training in PyTorch, watched: its hooks fill the same records, so that the same checks give the same verdict."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from types import TracebackType
from typing import Any

import numpy as np

from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.diagnosis.telling import told
from cutaway.diagnosis.torch_code import in_torch
from cutaway.diagnosis.torch_evidence import LOSSES, Heard, evidence_of, held_out_of, prepared
from cutaway.diagnosis.torch_kept import Kept
from cutaway.diagnosis.torch_look import Pass, array_of, facts_of, vitals_of, whole_of
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.errors import InputError
from cutaway.records import Event, NetworkVitals
from cutaway.training.bystander import passed_over
from cutaway.training.observe import norm
from cutaway.training.score import score_of

# Rows that are kept, to know what the data is like, and of those held out, that are judged while it goes on.
ROWS, WATCHED = 2000, 256
# Looks are this factor of steps apart, and left out where they cost more than this share of the time; rows held out are
# asked for, and may take more, and a little at the beginning.
APART, SHARE, SHARE_HELD_OUT, SECONDS_HELD_OUT = 1.15, 0.03, 0.1, 0.05
# Validation losses that are kept, at most: then every other goes, and the next are twice as far apart.
KEPT = 80


def watch(model: Any, optimizer: Any, loss: Any, validation: tuple[Any, Any] | None = None) -> Watch:
    """Watch a training loop in PyTorch, and say why it does not learn.

    model, optimizer, loss   as the loop uses them; the loss a module of `torch.nn`
    validation               (inputs, targets) that the loop does not learn from; the model answers them now
                             and then, in evaluation mode

    The loop stays as it is, and computes the same numbers; the hooks go when the block ends.

        with cutaway.diagnosis.torch.watch(model, optimizer, loss) as watched:
            for epoch in range(20):
                for x, y in batches:
                    optimizer.zero_grad()
                    loss(model(x), y).backward()
                    optimizer.step()
        print(watched)

    `print(watched)` inside the loop says what is known so far. Whatever goes wrong in the watching, the loop goes on.
    Raises `InputError` for a loss that has no counterpart here.
    """
    return Watch(model, optimizer, loss, validation)


def bystanding(hook: Callable[..., None]) -> Callable[..., None]:
    """Make a method a hook that never ends the loop: a fault in it ends the watching, and is told with the verdict."""

    @wraps(hook)
    def heard(watch: Watch, *given: Any, **named: Any) -> None:
        if watch.aside or watch.fault:
            return
        try:
            hook(watch, *given, **named)
        except Exception as fault:
            watch.fault = passed_over(fault)

    return heard


class Watch:
    """What was seen of a training; `verdict()` says what is wrong with it, with fixes as code of PyTorch."""

    def __init__(self, model: Any, optimizer: Any, loss: Any, validation: tuple[Any, Any] | None) -> None:
        kinds = [kind.__name__ for kind in type(loss).__mro__]
        name = next((kind for kind in kinds if kind in LOSSES), None)
        if name is None:
            called = getattr(loss, "__name__", "").replace("_", "").removesuffix("loss") + "loss"
            module = next((known for known in LOSSES if known.lower() == called), None)
            hint = f"; torch.nn.{module}() computes the same" if module else ""
            raise InputError(f"watch: the loss is a {kinds[0]}, expected one of torch.nn's {', '.join(LOSSES)}{hint}")
        if not hasattr(model, "named_modules"):
            raise InputError(f"watch: the model is {model!r}, expected the torch.nn.Module that the loop calls")
        if not hasattr(optimizer, "register_step_pre_hook"):
            raise InputError(f"watch: the optimizer is {optimizer!r}, expected one of torch.optim")
        self.model, self.optimizer, self.loss = model, optimizer, loss
        summed = getattr(loss, "reduction", "mean") == "sum"
        self.heard = Heard(*LOSSES[name](summed), summed=summed, validation=held_out_of(validation))
        self.leaves = {path: part for path, part in model.named_modules() if not list(part.children())}
        self.handles: list[Any] = []
        self.next_look, self.next_watched, self.apart = 0, 0, 1
        self.spent, self.watching, self.began = 0.0, 0.0, 0.0
        self.input: Any = None
        self.answers: tuple[Any, Any] | None = None
        self.taken: Pass | None = None
        self.before: dict[str, np.ndarray] = {}
        self.kept = Kept()
        self.aside, self.fault = False, ""

    # ---- hooks --------------------------------------------------------------------------------------------------

    def __enter__(self) -> Watch:
        self.began = time.perf_counter()
        self.handles = [
            self.model.register_forward_pre_hook(self._begun, with_kwargs=True),
            self.loss.register_forward_hook(self._judged, with_kwargs=True),
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
        self.kept.end()
        self.handles, self.taken, self.answers, self.input = [], None, None, None

    @property
    def looking(self) -> bool:
        """Whether this step is looked at; of a training whose loss is no number any more, nothing can be seen."""
        return self.heard.steps >= self.next_look and bool(self.model.training) and self.heard.broken is None

    @bystanding
    def _begun(self, module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.input = next((each.detach() for each in (*given, *named.values()) if hasattr(each, "detach")), None)
        self.taken = Pass(blamed=self.heard.steps == 0) if self.looking else None

    def _computed(self, path: str) -> Callable[..., None]:
        @bystanding
        def hook(watch: Watch, module: Any, given: tuple[Any, ...], output: Any) -> None:
            if watch.taken is not None and watch.model.training:
                start = time.perf_counter()
                watch.taken.computed(path, module, given[0] if given else None, output)
                watch.spent += time.perf_counter() - start

        return lambda *given: hook(self, *given)

    @bystanding
    def _judged(self, module: Any, given: tuple[Any, ...], named: dict[str, Any], value: Any) -> None:
        outputs, targets = (*given, *(named[key] for key in ("input", "target") if key in named))[:2]
        if not self.model.training:
            return
        heard = self.heard
        if self.taken is not None and self.taken.seen:
            heard.head = self.taken.source(outputs)  # what `forward` itself makes of the last module's output
        self.answers = (outputs.detach(), targets.detach())
        heard.losses.append(value.detach())
        heard.batch = max(heard.batch, len(outputs))
        if not heard.stretched and heard.takes == "numbers" and outputs.shape != targets.shape:
            heard.stretched = f"{tuple(targets.shape)} beside {tuple(outputs.shape)}"
        if self.input is not None and sum(len(x) for x, _ in heard.kept) < ROWS:
            heard.keep(array_of(self.input), array_of(targets))

    @bystanding
    def _blamed(self, optimizer: Any, *given: Any) -> None:
        self.kept.stepping()
        self.heard.gradients_kept = self.kept.steps
        if self.looking:
            self.before = {path: np.array(array_of(value)) for path, value in self.model.named_parameters()}

    @bystanding
    def _moved(self, optimizer: Any, *given: Any) -> None:
        heard = self.heard
        self.kept.stepped(optimizer)
        heard.rates.append(max(float(group["lr"]) for group in optimizer.param_groups))
        looking = self.looking and self.answers is not None and self.taken is not None
        if heard.broken is None and heard.losses and not bool(heard.losses[-1].isfinite().all()):
            heard.broken = Event(heard.steps, "not finite", f"the loss of step {heard.steps} is not finite")
            looking = looking and not heard.layers
        start = time.perf_counter()
        costly = self.spent > SHARE * (start - self.began)
        with np.errstate(all="ignore"):
            if looking:
                self._look()
                self.next_look = int(max(heard.steps + 1, heard.steps * APART)) + 50 * (costly and heard.steps > 20)
                self.spent += time.perf_counter() - start
            if heard.validation is not None and heard.steps >= self.next_watched and heard.broken is None:
                self._watch_over()
        self.taken = None  # and with it the graph that it holds
        heard.steps += 1

    # ---- records ------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Make the vitals of this step, and of the first the facts of the layers."""
        heard, taken = self.heard, self.taken
        assert taken is not None and self.answers is not None
        known = dict(self.model.named_parameters())
        grads = {
            path: array_of(value.grad) if value.grad is not None else np.zeros(tuple(value.shape), np.float32)
            for path, value in known.items()
        }
        after = {path: array_of(value) for path, value in known.items()}
        if not heard.layers:
            heard.layers = self._facts(taken, grads)
            heard.first = (array_of(self.answers[0]).copy(), float(heard.losses[-1]))
        asked = {path: array for path, array in self.before.items() if known[path].requires_grad}
        heard.layer_vitals += [vitals_of(seen, heard.steps, asked, after, grads) for seen in taken.seen.values()]
        outputs, targets = prepared(heard.ours, *(array_of(part) for part in self.answers))
        decay = max(float(group.get("weight_decay", 0.0)) for group in self.optimizer.param_groups)
        heard.network_vitals.append(
            whole_of(
                heard.ours, outputs, targets, float(heard.losses[-1]), heard.steps,
                heard.watched[-1].score if heard.watched else None,
                norm(list(grads.values())), decay * norm(list(asked.values())),
            )
        )  # fmt: skip

    def _facts(self, taken: Pass, grads: dict[str, np.ndarray]) -> dict[str, LayerFacts]:
        known = dict(self.model.named_parameters())
        held = {id(value) for group in self.optimizer.param_groups for value in group["params"]}
        self.heard.left_out = tuple(
            path for path, value in known.items() if value.requires_grad and id(value) not in held
        )
        moved = {path: value.requires_grad and id(value) in held for path, value in known.items()}
        reached = {path: value.grad is not None or not value.requires_grad for path, value in known.items()}
        return facts_of(taken.seen, self.before, grads, moved, reached)

    def _watch_over(self) -> None:
        """Measure the rows held out, where that has cost little so far."""
        heard, start = self.heard, time.perf_counter()
        if self.watching > SECONDS_HELD_OUT + SHARE_HELD_OUT * (start - self.began):
            return
        assert heard.validation is not None
        x, y = heard.validation
        step = max(1, -(-len(x) // WATCHED))
        outputs, value = self._answered(x[::step], y[::step])
        heard.watch_over(value, score_of(heard.ours, *prepared(heard.ours, outputs, array_of(y[::step])))[0])
        if len(heard.watched) > KEPT:
            heard.watched, self.apart = heard.watched[::2], 2 * self.apart
        self.next_watched = heard.steps + self.apart
        self.watching += time.perf_counter() - start

    def _answered(self, x: Any, y: Any) -> tuple[np.ndarray, float]:
        """Return what the model says of rows as it is now, and its loss; modes and random numbers stay as they were."""
        import torch

        # Each module by itself: some may be in evaluation mode on purpose.
        modes, place = [(part, part.training) for part in self.model.modules()], next(self.model.parameters()).device
        devices = [place] if place.type == "cuda" else []
        self.aside = True
        try:
            with torch.no_grad(), torch.random.fork_rng(devices), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the loop has said so itself, of other rows
                self.model.eval()
                outputs = self.model(x.to(place))
                return array_of(outputs), float(self.loss(outputs, y.to(place)))
        finally:
            self.aside = False
            for part, was in modes:
                part.training = was

    # ---- verdict ------------------------------------------------------------------------------------------------

    @property
    def layer_vitals(self) -> list[Any]:
        """The vitals of layers, look after look."""
        return self.heard.layer_vitals

    @property
    def network_vitals(self) -> list[NetworkVitals]:
        """The vitals of the whole, look after look."""
        return self.heard.network_vitals

    def evidence(self) -> Evidence:
        """Return what was seen so far, as evidence; raises `InputError` where no step was taken."""
        heard = self.heard
        if heard.first is None or not heard.kept:
            why = f" ({self.fault})" if self.fault else ""
            raise InputError(
                f"watch: {len(heard.losses)} losses in training mode and no step of this optimizer were seen{why}; "
                "take steps with this model and optimizer inside it: loss(model(x), y).backward(), optimizer.step()"
            )
        import torch

        if heard.watched and heard.broken is None and heard.watched[-1].batches < len(heard.losses):
            self.watching = 0.0
            self._watch_over()
        kept = tuple(torch.as_tensor(np.concatenate(part)) for part in zip(*heard.kept, strict=True))
        parts = [kept] + ([heard.validation] if heard.validation is not None else [])
        some = [tuple(each[:: max(1, -(-len(each) // ROWS))] for each in part) for part in parts]
        said = [(self._answered(x, y)[0], array_of(y)) for x, y in some]
        return evidence_of(heard, self.optimizer, said)

    def verdict(self) -> Verdict:
        """Return what is wrong with the training, as for one made here, and what to do about it in PyTorch."""
        evidence = self.evidence()
        found = verdict(evidence)
        left_out, optimizer = self.heard.left_out, type(self.optimizer).__name__
        findings, notes = (
            tuple(in_torch(each, evidence, optimizer, left_out) for each in part)
            for part in (found.findings, found.notes)
        )
        faults = (*found.faults, self.fault) if self.fault else found.faults
        return replace(found, findings=findings, notes=notes, faults=faults)

    def __repr__(self) -> str:
        if self.heard.first is None:
            return "Watch(no step seen)"
        found = self.verdict().findings
        return "\n".join(told(finding) for finding in found) or "nothing is wrong that could be found"
