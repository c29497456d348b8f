"""What every layer is: declared parameters, a forward rule, and children found by looking."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from cutaway.autodiff import Node, value_of
from cutaway.backends import Array, backend_of, namespace
from cutaway.backends.random import generator
from cutaway.errors import InputError
from cutaway.layers.context import Context, Tap
from cutaway.layers.parameter import Parameter, State
from cutaway.layers.printing import arguments_of, printed


class Layer:
    """A piece of a network: parameters, and `forward(*inputs, ctx)`.

    A layer of your own declares its parameters in `__init__` and says what it computes:

    >>> import numpy as np, cutaway as ca
    >>> class Scale(ca.Layer):
    ...     def __init__(self):
    ...         self.factor = ca.Parameter(("features",), ca.Constant(2.0))
    ...     def forward(self, x, ctx):
    ...         return x * self.factor
    >>> Scale()(np.array([[1.0, 3.0]]))
    array([[2., 6.]], dtype=float32)

    Keep each argument of `__init__` under its own name, so that the layer can be printed and saved.
    A parameter reads and sets as a NumPy array between steps; assigning casts to the network's type.
    """

    path: str = ""
    _declared: ClassVar[dict[str, Parameter]] = {}

    def __init__(self) -> None:
        pass

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        taken = inspect.signature(cls.forward).parameters.values()
        if not any(parameter.name == "ctx" or parameter.kind is parameter.VAR_KEYWORD for parameter in taken):
            raise TypeError(f"{cls.__name__}.forward takes no ctx; write forward(self, x, ctx)")

    # ---- parameters ---------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self.__dict__["_declared"] = {**self._declared, name: value}
            self.__dict__.pop(name, None)
        elif name in self._declared:
            self.__dict__[name] = self._accepted(name, value)
        else:
            self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        # Called only where ordinary look-up fails.
        if name in self._declared:
            raise AttributeError(
                f"{self._place()} has no {name} yet: its size follows from the input; "
                "call net.build(features) or fit first"
            )
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _accepted(self, name: str, value: Any) -> np.ndarray:
        current = self.__dict__.get(name)
        if current is None:
            raise InputError(
                f"{self._place()}: {name} cannot be set before the network is built; call net.build(features)"
            )
        array = np.array(value, dtype=current.dtype)
        if array.shape != current.shape:
            raise InputError(f"{self._place()}: {name} has shape {current.shape}, got {array.shape}")
        return array

    def _place(self) -> str:
        return f"layer {self.path!r} ({type(self).__name__})" if self.path else type(self).__name__

    @property
    def built(self) -> bool:
        """Whether every parameter has its values."""
        return all(name in layer.__dict__ for _, layer in self.named_layers() for name in layer._declared)

    @property
    def dtype(self) -> Any:
        """The element type of the parameters (float32 where there are none)."""
        for array in self.parameters().values():
            return array.dtype
        return np.dtype(np.float32)

    def _arrays(self, kind: type[Parameter]) -> dict[str, np.ndarray]:
        return {
            join(path, name): getattr(layer, name)
            for path, layer in self.named_layers()
            for name, declaration in layer._declared.items()
            if type(declaration) is kind
        }

    def parameters(self) -> dict[str, np.ndarray]:
        """Return every learned array by path, `{"0.weight": …, "0.bias": …}`: the arrays themselves, no copies."""
        return self._arrays(Parameter)

    def state(self) -> dict[str, np.ndarray]:
        """Return every array that is kept but not learned, by path."""
        return self._arrays(State)

    def load(self, arrays: Mapping[str, Array]) -> Self:
        """Set parameters and state from `arrays` by path; every one must be there, and no other.

        Nothing is set where one of them does not fit.
        """
        places = {join(path, name): (layer, name) for path, layer in self.named_layers() for name in layer._declared}
        if places.keys() != arrays.keys():
            missing, extra = sorted(places.keys() - arrays.keys()), sorted(arrays.keys() - places.keys())
            raise InputError(f"the arrays do not fit the network: missing {missing}, not known {extra}")
        accepted = {path: layer._accepted(name, arrays[path]) for path, (layer, name) in places.items()}
        for path, (layer, name) in places.items():
            layer.__dict__[name] = accepted[path]
        return self

    # ---- structure ----------------------------------------------------------------------------------------

    def children(self) -> Iterator[tuple[str, Layer]]:
        """Yield (name, layer) of the layers held as attributes, directly or in a list or tuple.

        Those in the attribute `layers` are named by their place alone.
        """
        for name, value in self.__dict__.items():
            if isinstance(value, Layer):
                yield name, value
            elif isinstance(value, (list, tuple)):
                for place, item in enumerate(value):
                    if isinstance(item, Layer):
                        yield (str(place) if name == "layers" else f"{name}.{place}"), item

    def named_layers(self) -> Iterator[tuple[str, Layer]]:
        """Yield (path, layer) of this layer (path "") and all below it; a shared layer once, first path."""
        return _walk(self, "", set())

    def bind(self, arrays: Mapping[str, Any], state: Mapping[str, Array] | None = None) -> Self:
        """Return a copy of this network that computes with `arrays` (by path) in the place of its parameters.

        The network itself is untouched: this is how a step is a pure function of its parameters.
        """
        values = {**arrays, **(state if state is not None else self.state())}
        twin = _bound(self, "", values, {})
        assert isinstance(twin, type(self))
        return twin

    # ---- building and computing ---------------------------------------------------------------------------

    def build(self, example: int | tuple[int, ...] | np.ndarray, seed: int = 0, dtype: Any = np.float32) -> Self:
        """Create the weights for inputs like `example`: features, the shape of one row, or some rows.

        The weights depend on `seed` and their own path alone; those of `UnitVariance` and `RandomSimplex` also on all
        the rows, if rows are given, which then pass through the network once. Building again starts afresh.

        >>> import cutaway as ca
        >>> ca.Sequential(ca.Dense(3), ca.ReLU(), ca.Dense(1)).build(2)[0].weight.shape
        (2, 3)
        """
        if isinstance(example, (int, np.integer)):
            example = (int(example),)
        rows = np.zeros((1, *example), dtype) if isinstance(example, tuple) else np.asarray(example)
        given = not isinstance(example, tuple) and len(rows) > 0
        declared = [each for _, layer in self.named_layers() for each in layer._declared.values()]
        if not any(each.initializer.sees_rows for each in declared):
            rows = rows[:1]  # one is enough to learn the sizes from
        if 0 in rows.shape[1:]:
            raise InputError(f"build: rows of shape {rows.shape[1:]} hold no numbers")
        for path, layer in self.named_layers():
            layer.__dict__["path"] = path
        ctx = Context(mode="build", seed=seed, dtype=np.dtype(dtype), rows_given=given)
        with np.errstate(over="ignore", invalid="ignore"):  # weights may start too large: their training will tell
            self(_cast(rows, np.dtype(dtype)), ctx=ctx)
        for path, layer in self.named_layers():
            if any(name not in layer.__dict__ for name in layer._declared):
                raise InputError(
                    f"layer {path!r} ({type(layer).__name__}) has no weights: forward of {type(self).__name__} never "
                    "calls it, so that no blame would reach it; call it there, or take it out"
                )
        return self

    def _create(self, inputs: tuple[Any, ...], ctx: Context) -> None:
        if id(self) in ctx.created:
            return
        ctx.created.add(id(self))
        for name, declared in self._declared.items():
            # Until they have their turn, zeros: an initializer that sees rows asks what the layer makes of them.
            self.__dict__[name] = np.zeros(declared.sizes(tuple(inputs[0].shape)), ctx.dtype)
        for name, declared in self._declared.items():
            sizes, random = self.__dict__[name].shape, generator(ctx.seed, join(self.path, name))

            def outputs(values: np.ndarray, name: str = name) -> np.ndarray:
                self.__dict__[name] = np.asarray(values, dtype=ctx.dtype)
                return np.asarray(self.forward(*inputs, ctx=ctx))

            fits = ctx.rows_given and declared.initializer.sees_rows
            drawn = declared.initializer.fitted(random, sizes, outputs) if fits else declared.draw(random, sizes)
            self.__dict__[name] = np.asarray(drawn, dtype=ctx.dtype)

    def __call__(self, *inputs: Any, ctx: Context | None = None) -> Any:
        """Compute the layer's output. Without `ctx` this evaluates; the first call builds the weights."""
        if ctx is None:
            ctx = Context()
            if not self.built:
                self.build(np.asarray(value_of(inputs[0])))
            inputs = tuple(_cast(value, self.dtype) for value in inputs)
        if ctx.mode == "build":
            self._create(inputs, ctx)
        output = self.forward(*inputs, ctx=ctx)
        if ctx.taps is not None:
            ctx.taps.append(Tap(self.path, self, inputs, output))
        return output

    def forward(self, *inputs: Any, **ctx: Any) -> Any:
        """Return the output for `inputs`, given `ctx`; each kind of layer says how."""
        raise TypeError(f"{type(self).__name__} does not say what it computes; define forward(self, x, ctx)")

    def _features(self, x: Any, features: int) -> Any:
        """Return rows x (batch, ..., features), whole numbers as floats; refuse what does not fit."""
        if len(x.shape) < 2:
            raise InputError(
                f"{self._place()}: got an input of shape {tuple(x.shape)}, expected rows (batch, features)"
            )
        if x.shape[-1] != features:
            raise InputError(f"{self._place()}: got {x.shape[-1]} input features, was built for {features}")
        if isinstance(x, Node) or not namespace(x).isdtype(x.dtype, "integral"):
            return x
        return namespace(x).astype(x, self.dtype)

    # ---- printing -----------------------------------------------------------------------------------------

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `__init__` by name, as given: what it takes to make such a layer."""
        return arguments_of(self)

    def __repr__(self) -> str:
        return printed(self)


# Functions of their own: one inside a method that calls itself would hold on to all it knows, arrays too, until Python
# looks for rings of references.


def _walk(layer: Layer, path: str, seen: set[int]) -> Iterator[tuple[str, Layer]]:
    """Yield (path, layer) of a layer and all below it that were not seen."""
    if id(layer) in seen:
        return
    seen.add(id(layer))
    yield path, layer
    for name, child in layer.children():
        yield from _walk(child, join(path, name), seen)


def _bound(layer: Layer, path: str, values: Mapping[str, Any], copies: dict[int, Layer]) -> Layer:
    """Return the copy of a layer that computes with `values`, and those of its children; each is copied once."""
    if id(layer) in copies:
        return copies[id(layer)]
    twin = copies[id(layer)] = object.__new__(type(layer))
    inside = twin.__dict__
    inside.update(layer.__dict__)
    inside["path"] = path
    for name in layer._declared:
        if join(path, name) not in values:
            raise InputError(f"bind: no array for {join(path, name)!r}; got {sorted(values)}")
        inside[name] = values[join(path, name)]
    children: dict[int, str] = {}
    for name, child in layer.children():
        children.setdefault(id(child), join(path, name))
    for name, value in layer.__dict__.items() if children else ():
        if isinstance(value, Layer):
            inside[name] = _bound(value, children[id(value)], values, copies)
        elif isinstance(value, (list, tuple)) and any(isinstance(item, Layer) for item in value):
            inside[name] = type(value)(
                _bound(item, children[id(item)], values, copies) if isinstance(item, Layer) else item for item in value
            )
    return twin


def join(path: str, name: str) -> str:
    """Return the path of `name` inside `path`.

    >>> join("", "0"), join("0", "weight")
    ('0', '0.weight')
    """
    return f"{path}.{name}" if path else name


def _cast(value: Any, dtype: Any) -> Any:
    """Return input data as an array; floats get the network's type, whole numbers (indices) stay."""
    if isinstance(value, Node):
        return value
    value = backend_of(value).asarray(value)
    if value.dtype.kind in "OSUMm":
        raise InputError(f"the network's input is {value.dtype}, expected numbers")
    return value.astype(dtype) if value.dtype.kind in "fb" and value.dtype != dtype else value
