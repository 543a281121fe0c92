"""Gaussian process over vehicles: near in age and mileage, of the same make, maker group or name, means alike in the workshop.

Regression as in Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), algorithm 2.1."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from scoring.likeness import Numbers, group_of, name_likeness, same

MOST_ROWS = 4_000  # the solution costs the cube of the rows; those with most inspections are kept


@dataclass(frozen=True)
class Vehicles:
    """place: columns age / 5 years, mileage / 100,000 km, ten times median over mean mileage, yearly 10,000 km of the model."""

    place: Numbers
    makes: list[str]
    models: list[str]

    def __len__(self) -> int:
        return len(self.makes)

    def pick(self, rows: Numbers) -> "Vehicles":
        return Vehicles(self.place[rows], [self.makes[row] for row in rows], [self.models[row] for row in rows])

    @property
    def keys(self) -> list[str]:
        return [f"{make}|{model}" for make, model in zip(self.makes, self.models, strict=True)]


@dataclass(frozen=True)
class Kernel:
    """Variances, and the lengths (in units of `Vehicles.place`) over which they fade."""

    constant: float
    smooth: float
    lengths: tuple[float, float, float, float]
    age: float
    mileage: float
    make: float
    make_smooth: float
    make_lengths: tuple[float, float]
    name: float
    name_smooth: float
    name_age: float
    group: float
    group_smooth: float
    group_age: float
    model: float  # what all rows of one model share and no other row tells: noise for a model never seen

    def between(self, left: Vehicles, right: Vehicles) -> Numbers:
        apart = [(left.place[:, [axis]] - right.place[:, axis]) ** 2 for axis in range(4)]
        make = same(left.makes, right.makes)
        group = same([group_of(make) for make in left.makes], [group_of(make) for make in right.makes])
        name = make * name_likeness(left.models, right.models)
        return (
            self.constant
            + self.smooth * _fade(apart, self.lengths)
            + self.age * left.place[:, [0]] * right.place[:, 0]
            + self.mileage * left.place[:, [1]] * right.place[:, 1]
            + make * (self.make + self.make_smooth * _fade(apart, self.make_lengths))
            + name * (self.name + self.name_smooth * _fade(apart, (self.name_age,)))
            + group * (self.group + self.group_smooth * _fade(apart, (self.group_age,)))
        )


def _fade(apart: list[Numbers], lengths: tuple[float, ...]) -> Numbers:
    return np.exp(-0.5 * sum(square / length**2 for square, length in zip(apart, lengths, strict=False)))


class VehicleProcess:
    """One process for any number of targets: fit(vehicles, targets (rows, targets), noise (rows,))."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    def fit(self, vehicles: Vehicles, targets: Numbers, noise: Numbers) -> "VehicleProcess":
        if len(vehicles) > MOST_ROWS:
            kept = np.sort(np.argsort(noise, kind="stable")[:MOST_ROWS])
            vehicles, targets, noise = vehicles.pick(kept), targets[kept], noise[kept]
        self.vehicles_ = vehicles
        self.mean_ = np.average(targets, axis=0, weights=1 / noise)
        covariance = self.kernel.between(vehicles, vehicles) + np.diag(noise)
        covariance += self.kernel.model * same(vehicles.keys, vehicles.keys)
        self.weights_ = cho_solve(cho_factor(covariance, lower=True), targets - self.mean_)
        return self

    def predict(self, vehicles: Vehicles) -> Numbers:
        answer: Numbers = self.mean_ + self.kernel.between(vehicles, self.vehicles_) @ self.weights_
        return answer
