"""Signal control for learners: Gymnasium and PettingZoo environments (`pip install 'touyan[environments]'`).

Once this module is imported, `gymnasium.make("touyan/City-v0")` controls all signals of a city at once, and
`"touyan/Crossing-v0"` one of them; `ParallelSignals` gives each signal an agent of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from touyan.core.errors import MissingPackageError, NotFoundError

from .pictures import Pixels
from .signal_task import FIRST, Junction, SignalTask, TaskSettings
from .worlds import CityFlowCity, Grid, SumoCity, TrafficScenario

try:
    from gymnasium import Env, register, registry, spaces
    from pettingzoo import ParallelEnv
except ImportError as error:
    raise MissingPackageError(error.name or "gymnasium", "environments") from None

Singles = NDArray[np.float32]
Mask = NDArray[np.int8]
Info = dict[str, Any]

_PIXELS = "rgb_array"


def city(**options: Any) -> tuple[TrafficScenario, TaskSettings]:
    """The city and the task that keyword arguments ask for.

    `scenario` is a city that is ready; or else `roadnet` and `flow` name the files of CityFlow, `net` one of SUMO, and
    without either a grid is generated (`rows`, `columns`, `arrivals`, `road_length_m`). The rest are settings of the
    task (see `TaskSettings`). Raises NotFoundError for other names.
    """
    task = TaskSettings(**{name: options.pop(name) for name in TaskSettings.settings if name in options})
    ready = options.pop("scenario", None)
    kind = CityFlowCity if "roadnet" in options else SumoCity if "net" in options else Grid
    for name in options:
        if ready is not None or name not in kind.settings:
            raise NotFoundError("option of the environment", name, [*TaskSettings.settings, *kind.settings])
    return ready or kind(**options), task


class CitySignals(Env[Singles, NDArray[np.int64]]):
    """All signals of a city under one controller.

    An action is one phase for each. The observation is that of `SignalTask.observations`, signal after signal; the
    reward is the sum over all signals. `info` holds `action_mask` (as `action_space.sample` takes it) and the number
    of choices that were `refused`.
    """

    metadata = {"render_modes": [_PIXELS], "render_fps": 2}

    def __init__(self, render_mode: str | None = None, **options: Any) -> None:
        self.render_mode = _known_mode(render_mode)
        self.task = SignalTask(*city(**options))
        self._counts = [len(junction.phases) for junction in self.task.junctions]
        figures = sum(junction.figures for junction in self.task.junctions)
        self.observation_space = spaces.Box(0.0, 1.0, (figures,), np.float32)
        self.action_space = spaces.MultiDiscrete(self._counts)

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[Singles, Info]:
        """Begin an episode; without a seed, with other traffic than before."""
        super().reset(seed=seed)
        self.task.start(int(self.np_random.integers(2**32)))
        return self._observation(), self._info(0)

    def step(self, action: NDArray[np.int64]) -> tuple[Singles, float, bool, bool, Info]:
        """Bring every signal to its phase; time passes until the next decision."""
        refused = self.task.step(np.asarray(action, np.int32))
        reward = float(self.task.rewards().sum())
        return self._observation(), reward, False, self.task.over, self._info(int(refused.sum()))

    def render(self) -> Pixels | None:
        """The city from above, for people; None unless asked for at the making."""
        return self.task.picture() if self.render_mode else None

    def _observation(self) -> Singles:
        return np.concatenate(self.task.observations())

    def _info(self, refused: int) -> Info:
        masks = self.task.masks().astype(np.int8)
        return {
            "action_mask": tuple(mask[:count] for mask, count in zip(masks, self._counts, strict=True)),
            "refused": refused,
        }


class CrossingSignal(Env[Singles, np.int64]):
    """One signal of a city under control.

    The others keep their own programme. `crossing` is its crossing's id; without it the first signal that leaves a
    choice. `info` holds `action_mask` and whether the choice was `refused`.
    """

    metadata = {"render_modes": [_PIXELS], "render_fps": 2}

    def __init__(self, crossing: str | None = None, render_mode: str | None = None, **options: Any) -> None:
        self.render_mode = _known_mode(render_mode)
        self.task = SignalTask(*city(**options), only=crossing or FIRST)
        self.observation_space, self.action_space = _spaces(self.task.junctions[0])

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[Singles, Info]:
        """Begin an episode; without a seed, with other traffic than before."""
        super().reset(seed=seed)
        self.task.start(int(self.np_random.integers(2**32)))
        return self.task.observations()[0], self._info(False)

    def step(self, action: np.int64) -> tuple[Singles, float, bool, bool, Info]:
        """Bring the signal to a phase; time passes until the next decision."""
        refused = self.task.step(np.array([action], np.int32))
        reward = float(self.task.rewards()[0])
        return self.task.observations()[0], reward, False, self.task.over, self._info(bool(refused[0]))

    def render(self) -> Pixels | None:
        """The city from above, for people; None unless asked for at the making."""
        return self.task.picture() if self.render_mode else None

    def _info(self, refused: bool) -> Info:
        return {"action_mask": self.task.masks()[0].astype(np.int8), "refused": refused}


class ParallelSignals(ParallelEnv[str, Singles, int]):  # type: ignore[misc] # its library has no types
    """Every signal of a city as an agent of its own.

    Agents are named by their crossings' ids and decide all at once. Each sees and is paid for its own crossing;
    `infos` hold its `action_mask` and whether its choice was `refused`. With `mask_in_observation` an observation is
    a dictionary of `observation` and `action_mask`.
    """

    metadata = {"name": "touyan_signals_v0", "render_modes": [_PIXELS], "render_fps": 2}

    def __init__(self, *, mask_in_observation: bool = False, render_mode: str | None = None, **options: Any) -> None:
        self.render_mode = _known_mode(render_mode)
        self.task = SignalTask(*city(**options))
        self._mask_in_observation = mask_in_observation
        self.possible_agents = [junction.id for junction in self.task.junctions]
        self.agents: list[str] = []
        both = [_spaces(junction) for junction in self.task.junctions]
        self.action_spaces = {agent: action for agent, (_, action) in zip(self.possible_agents, both, strict=True)}
        self.observation_spaces = {
            agent: self._space(seen, action) for agent, (seen, action) in zip(self.possible_agents, both, strict=True)
        }
        self._chance = np.random.default_rng()

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """What an agent may see."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """What an agent may do."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: Info | None = None) -> tuple[dict[str, Any], dict[str, Info]]:
        """Begin an episode; without a seed, with other traffic than before."""
        if seed is not None:
            self._chance = np.random.default_rng(seed)
        self.task.start(int(self._chance.integers(2**32)))
        self.agents = list(self.possible_agents)
        masks = self._masks()
        return self._observations(masks), self._infos(masks, np.zeros(len(masks), np.bool_))

    def step(
        self, actions: dict[str, int]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Info]]:
        """Bring every signal to its agent's phase; time passes."""
        agents = self.agents
        chosen = np.array([actions[agent] for agent in agents], np.int32)
        refused = self.task.step(chosen)
        over, masks = self.task.over, self._masks()
        rewards = dict(zip(agents, self.task.rewards().tolist(), strict=True))
        told = self._observations(masks), rewards, dict.fromkeys(agents, False), dict.fromkeys(agents, over)
        self.agents = [] if over else agents
        return *told, self._infos(masks, refused)

    def render(self) -> Pixels | None:
        """The city from above, for people; None unless asked for at the making."""
        return self.task.picture() if self.render_mode else None

    def _space(self, seen: spaces.Space[Singles], action: spaces.Discrete[np.int64]) -> spaces.Space[Any]:
        if not self._mask_in_observation:
            return seen
        return spaces.Dict({"observation": seen, "action_mask": spaces.MultiBinary(int(action.n))})

    def _masks(self) -> list[Mask]:
        masks = self.task.masks().astype(np.int8)
        return [mask[: len(junction.phases)] for mask, junction in zip(masks, self.task.junctions, strict=True)]

    def _observations(self, masks: list[Mask]) -> dict[str, Any]:
        seen: list[Any] = list(self.task.observations())
        if self._mask_in_observation:
            seen = [{"observation": one, "action_mask": mask} for one, mask in zip(seen, masks, strict=True)]
        return dict(zip(self.possible_agents, seen, strict=True))

    def _infos(self, masks: list[Mask], refused: NDArray[np.bool_]) -> dict[str, Info]:
        told = zip(self.possible_agents, masks, refused.tolist(), strict=True)
        return {agent: {"action_mask": mask, "refused": no} for agent, mask, no in told}


def _spaces(junction: Junction) -> tuple[spaces.Space[Singles], spaces.Discrete[np.int64]]:
    return spaces.Box(0.0, 1.0, (junction.figures,), np.float32), spaces.Discrete(len(junction.phases))


def _known_mode(mode: str | None) -> str | None:
    if mode not in (None, _PIXELS):
        raise NotFoundError("render mode", mode, [_PIXELS])
    return mode


for _name, _kind in {"touyan/City-v0": CitySignals, "touyan/Crossing-v0": CrossingSignal}.items():
    if _name not in registry:
        register(_name, entry_point=f"{__name__}:{_kind.__name__}")
