"""Keeps the moving average of a network's weights, which is measured and exported."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class MovingAverage:
    """The moving average of the parameters that learn.

    Early steps count less, so that it does not cling to the weights that a stage began with.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._network = network
        self._decay = decay
        self._steps = 0
        self.values: dict[str, Tensor] = {
            name: p.detach().clone() for name, p in network.named_parameters() if p.requires_grad
        }

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after a step."""
        self._steps += 1
        decay = min(self._decay, self._steps / (self._steps + 10))
        for name, parameter in self._network.named_parameters():
            if name in self.values:
                self.values[name].lerp_(parameter.detach(), 1 - decay)

    def state(self) -> dict[str, object]:
        """Return the state for ``restore``."""
        return {"steps": self._steps, "values": self.values}

    def restore(self, steps: int, values: dict[str, Tensor]) -> None:
        """Go on from an earlier state."""
        self._steps = steps
        self.values = {name: value.clone() for name, value in values.items()}

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the average into the network for a while."""
        raw = {}
        with torch.no_grad():
            for name, parameter in self._network.named_parameters():
                if name in self.values:
                    raw[name] = parameter.detach().clone()
                    parameter.copy_(self.values[name])
        try:
            yield
        finally:
            with torch.no_grad():
                for name, parameter in self._network.named_parameters():
                    if name in raw:
                        parameter.copy_(raw[name])
