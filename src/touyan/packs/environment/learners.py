"""Two ways to learn from features, and their mean: trees, and a smooth curve through all of them.

Boosted trees (LightGBM) find thresholds; a ridge over random parts of a Gaussian kernel (Nyström, scikit-learn) is
smooth where trees are not. Their errors differ, so the mean errs less than either.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import MissingPackageError

Table = NDArray[np.float32]
Column = NDArray[np.float64]

EXTRA = "air"

_TREES: dict[str, Any] = {
    "objective": "l2",
    "learning_rate": 0.04,
    "num_leaves": 31,
    "min_data_in_leaf": 300,
    "feature_fraction": 0.2,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 20.0,
    "max_bin": 63,
    "verbose": -1,
    "seed": 0,
    "deterministic": True,
}
_MOST_TREES, _PATIENCE = 1500, 50
_FEW_ROWS = 50_000
_PARTS = 600
"""Places in feature space to which the smooth curve is tied."""
_WIDTH = 0.4
_RIDGE = 10.0
_CLIP = 4.0


class Rows(NamedTuple):
    """Features and what came of them, both of shape (rows, ...)."""

    features: Table
    target: Column


class Trees:
    """Boosted trees; how many is found on rows kept apart, or given."""

    def __init__(self, train: Rows, apart: Rows | None = None, count: int = _MOST_TREES) -> None:
        lightgbm = _lightgbm()
        # On little data threads only wait for one another.
        settings = _TREES | {"num_threads": 1 if len(train.target) < _FEW_ROWS else 0}
        data = lightgbm.Dataset(train.features, train.target, params=settings)
        if apart is None:
            self._model = lightgbm.train(settings, data, count)
        else:
            valid = lightgbm.Dataset(apart.features, apart.target, reference=data)
            stop = [lightgbm.early_stopping(_PATIENCE, verbose=False)]
            self._model = lightgbm.train(settings, data, count, valid_sets=[valid], callbacks=stop)
        self.count = int(self._model.best_iteration) or count

    def predict(self, features: Table) -> Column:
        """What is expected of each row."""
        return np.asarray(self._model.predict(features), np.float64)


class SmoothCurve:
    """A ridge over parts of a Gaussian kernel.

    `compress` are features whose roots are taken, `cyclic` is the hour, `labels` the station.
    """

    def __init__(self, train: Rows, compress: list[int], cyclic: int, labels: int, seed: int = 0) -> None:
        kernels, linear = _scikit()
        self._compress, self._cyclic, self._labels = compress, cyclic, labels
        self._middle = np.nan_to_num(np.nanmedian(train.features[:: max(len(train.features) // 5000, 1)], axis=0))
        self._count = int(np.nanmax(train.features[:, labels])) + 1
        plain = self._plain(train.features)
        self._mean, self._deviation = plain.mean(axis=0), plain.std(axis=0) + 1e-6
        parts = self._scaled(plain)
        self._kernel = kernels.Nystroem(
            gamma=_WIDTH / plain.shape[1], n_components=min(_PARTS, len(parts)), random_state=seed
        )
        self._kernel.fit(parts[:: max(len(parts) // 4000, 1)])
        self._ridge = linear.Ridge(alpha=_RIDGE).fit(self._kernel.transform(parts), train.target)

    def predict(self, features: Table) -> Column:
        """What is expected of each row."""
        return np.concatenate([self._predicted(part) for part in np.array_split(features, len(features) // 50_000 + 1)])

    def _predicted(self, features: Table) -> Column:
        parts = self._kernel.transform(self._scaled(self._plain(features)))
        return np.asarray(self._ridge.predict(parts), np.float64)

    def _plain(self, features: Table) -> Table:
        """Gaps filled, heavy tails compressed, hours as an angle, labels as columns of their own."""
        filled = np.where(np.isnan(features), self._middle, features)
        angle = 2 * np.pi * filled[:, [self._cyclic]] / 24
        labels = filled[:, [self._labels]] == np.arange(self._count)
        filled[:, self._compress] = np.sqrt(np.maximum(filled[:, self._compress], 0.0))
        rest = np.delete(filled, [self._cyclic, self._labels], axis=1)
        return np.asarray(np.hstack([rest, 2 * np.sin(angle), 2 * np.cos(angle), labels]), np.float32)

    def _scaled(self, plain: Table) -> Table:
        return np.asarray(((plain - self._mean) / self._deviation).clip(-_CLIP, _CLIP), np.float32)


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError:
        raise MissingPackageError("lightgbm", EXTRA) from None
    return lightgbm


def _scikit() -> tuple[Any, Any]:
    try:
        from sklearn import kernel_approximation, linear_model
    except ImportError:
        raise MissingPackageError("scikit-learn", EXTRA) from None
    return kernel_approximation, linear_model
