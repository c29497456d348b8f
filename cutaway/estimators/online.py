"""Learning on, a pass at a time: what `partial_fit` does to a network that is there already."""

from __future__ import annotations

import numpy as np

from cutaway.backends.random import generator
from cutaway.backends.threads import threads_for
from cutaway.layers import Ensemble, Layer
from cutaway.optimizers import Adam, AdamW
from cutaway.recipes.recipe import Recipe
from cutaway.schedules import ConstantRate
from cutaway.training.step import Batch, Carry, make_step

# The share of the recipe's highest learning rate at which a pass steps: nobody knows how many passes will come, so
# the rate cannot fall with them, and what was learned is not to be thrown away by one batch.
SHARE_OF_RATE = 0.1


class OnlineTraining:
    """The members of a network, each with its optimizer's moments, between one call of `partial_fit` and the next.

        w ← AdamW(w, ∇L(batch)) at a constant rate, over the batches of each pass

    network   what to go on from; its members learn from the same rows, each in its own order
    recipe    its loss, batch size and optimizer, whose rates differ among the layers
    seed      of the orders and of dropout
    """

    def __init__(self, network: Layer | Ensemble, recipe: Recipe, seed: int) -> None:
        usual = recipe.optimizer
        assert isinstance(usual, Adam)
        self.rate = SHARE_OF_RATE * float(getattr(usual.learning_rate, "rate", 0.01))
        self.optimizer = AdamW(
            ConstantRate(self.rate), usual.betas, usual.epsilon, 0.0, learning_rate_factors=usual.learning_rate_factors
        )
        self.layer = network.network if isinstance(network, Ensemble) else network
        self.loss, self.batch_size, self.seed = recipe.loss, recipe.batch_size, seed
        self.alone = not isinstance(network, Ensemble)
        members = list(network) if isinstance(network, Ensemble) else [network]
        self.carries = [
            Carry(member.parameters(), member.state(), self.optimizer.init(member.parameters())) for member in members
        ]
        self.passes = 0

    @property
    def steps(self) -> int:
        """How many steps each member has taken."""
        return int(self.carries[0].moments["step"])

    def learn(self, rows: Batch) -> float | None:
        """Pass over the rows once and return the mean loss that the steps saw.

        Returns None, with all weights as they were, where a weight or the loss would not have stayed finite.
        """
        step = make_step(self.layer, self.loss, self.optimizer)
        count = len(rows.x)
        # Progress is 0 for ever: dropout and rate stay what they are at the beginning of a training.
        endless = np.float32(np.inf)
        carries: list[Carry] = []
        losses: list[float] = []
        with threads_for(), np.errstate(all="ignore"):
            for member, carry in enumerate(self.carries):
                order = generator(self.seed, "partial fit", member, self.passes).permutation(count)
                seed = np.uint32((self.seed + member) % 2**32)
                for places in np.array_split(order, -(-count // self.batch_size)):
                    batch = Batch(*(None if part is None else part[places] for part in rows))
                    carry, value = step(carry, batch, seed, endless)
                    losses.append(float(value) * len(places) / count)
                carries.append(carry)
        arrays = [array for carry in carries for array in carry.params.values()]
        loss = sum(losses) / len(self.carries)
        if not np.isfinite(loss) or not all(np.isfinite(array).all() for array in arrays):
            return None
        self.carries = carries
        self.passes += 1
        return loss

    def network(self) -> Layer | Ensemble:
        """Return the network as it is now."""
        stacked = [
            {key: np.stack([carry[part][key] for carry in self.carries]) for key in self.carries[0][part]}
            for part in range(2)
        ]
        members = Ensemble(self.layer, stacked[0], stacked[1])
        return members[0] if self.alone else members


def untrained(layer: Layer, x: np.ndarray, members: int, seed: int) -> Layer | Ensemble:
    """Return members with their first weights, fitted to the rows x where their initializers want that."""
    drawn: list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]] = []
    for member in range(members):
        layer.build(x, seed + member)
        drawn.append((layer.parameters(), layer.state()))
    if members == 1:
        return layer
    params, state = ({key: np.stack([one[part][key] for one in drawn]) for key in drawn[0][part]} for part in range(2))
    return Ensemble(layer, params, state)
