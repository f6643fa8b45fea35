"""The environments keep the contracts of Gymnasium and PettingZoo, by these libraries' own checkers."""

# ruff: noqa: E402 - the skip for a missing extra comes before what needs it
from __future__ import annotations

import builtins
import importlib
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", reason="the extra touyan[environments] is not installed")
pytest.importorskip("pettingzoo", reason="the extra touyan[environments] is not installed")

from gymnasium.utils.env_checker import check_env
from pettingzoo.test import parallel_api_test, parallel_seed_test

from touyan.core.errors import MissingPackageError, NotFoundError, SettingError
from touyan.packs.traffic.environments import CitySignals, CrossingSignal, ParallelSignals, city
from touyan.packs.traffic.signal_task import REWARDS, TaskSettings
from touyan.packs.traffic.worlds import CityFlowCity, Grid

from .files import real, saved, small_flow, small_roadnet

ROOT = Path(__file__).parents[2]
SMALL: dict[str, Any] = {"rows": 1, "columns": 2, "episode_s": 600}


@pytest.fixture(autouse=True)
def _strict() -> Iterator[None]:
    """The checkers complain by warnings; none must pass unseen."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    """A small city in CityFlow's files."""
    roadnet = saved(tmp_path, "roadnet.json", small_roadnet())
    return {"roadnet": roadnet, "flow": saved(tmp_path, "flow.json", small_flow())}


@pytest.mark.parametrize("name", ["touyan/City-v0", "touyan/Crossing-v0"])
@pytest.mark.parametrize("more", [{}, {"reward": "pressure"}, {"reward": "delay", "decision_s": 3, "min_green_s": 9}])
def test_gymnasiums_checker_passes(name: str, more: dict[str, Any]) -> None:
    """Whoever has an algorithm for Gymnasium must be able to use it as it is."""
    check_env(gymnasium.make(name, **SMALL, **more).unwrapped)


def test_gymnasiums_checker_passes_on_cityflows_files(files: dict[str, Any]) -> None:
    """The published cities are files, not grids."""
    check_env(gymnasium.make("touyan/City-v0", **files, episode_s=300).unwrapped)


def test_gymnasiums_checker_passes_on_hangzhou() -> None:
    """Sixteen crossings, real demand."""
    folder = real("hangzhou_4x4")
    env = gymnasium.make("touyan/City-v0", roadnet=folder / "roadnet.json", flow=folder / "flow_real.json")
    assert env.action_space.shape == (16,)
    check_env(env.unwrapped)


@pytest.mark.parametrize("more", [{}, {"mask_in_observation": True}, {"decision_s": 2, "min_green_s": 7}])
def test_pettingzoos_tests_pass(more: dict[str, Any]) -> None:
    """The contract of parallel agents, and that seeds mean something."""
    parallel_api_test(ParallelSignals(**SMALL, **more), num_cycles=120)
    parallel_seed_test(lambda: ParallelSignals(**SMALL, **more), num_cycles=120)


def test_pettingzoos_tests_pass_on_hangzhou() -> None:
    """Sixteen agents."""
    folder = real("hangzhou_4x4")
    options: dict[str, Any] = {"roadnet": folder / "roadnet.json", "flow": folder / "flow_real.json", "episode_s": 900}
    parallel_api_test(ParallelSignals(**options), num_cycles=100)
    parallel_seed_test(lambda: ParallelSignals(**options), num_cycles=50)


def test_both_frameworks_checkers_pass_in_bologna() -> None:
    """A city of SUMO's: signals with two phases or five, crossings of every shape, vehicles that change lanes."""
    files = next(real("bologna").glob("pasubio/*.sumocfg"))
    parallel_api_test(ParallelSignals(net=files, episode_s=300), num_cycles=40)
    parallel_seed_test(lambda: ParallelSignals(net=files, episode_s=300), num_cycles=30)
    check_env(gymnasium.make("touyan/City-v0", net=files, episode_s=120, interval_s=0.5).unwrapped)


def test_a_name_may_bring_its_module_along() -> None:
    """Configuration files of learners hold a name and no import."""
    env = gymnasium.make("touyan.packs.traffic.environments:touyan/Crossing-v0", **SMALL)
    assert isinstance(env.unwrapped, CrossingSignal)


def test_samples_under_the_mask_are_never_refused() -> None:
    """A learner that keeps to the mask gets what it asks for."""
    one = CitySignals(**SMALL, decision_s=2, min_green_s=9)
    _, info = one.reset(seed=3)
    one.action_space.seed(3)
    masked = 0
    for _ in range(100):
        masked += sum(int((mask == 0).sum()) for mask in info["action_mask"])
        _, _, _, _, info = one.step(one.action_space.sample(mask=info["action_mask"]))
        assert info["refused"] == 0
    assert masked > 0


def test_what_the_mask_forbids_is_told_as_refused() -> None:
    """A learner that ignores the mask must at least be able to notice."""
    env = CrossingSignal(**SMALL, decision_s=2, min_green_s=9)
    _, info = env.reset(seed=3)
    assert info["action_mask"].all()
    env.step(np.int64(1))
    _, _, _, _, info = env.step(np.int64(2))
    assert info["refused"]
    assert np.flatnonzero(info["action_mask"]).tolist() == [1]


def test_agents_and_the_one_controller_live_in_the_same_city() -> None:
    """The same choices under the same seed: rewards add up, and each agent sees its part."""
    together, apart = CitySignals(**SMALL), ParallelSignals(**SMALL)
    together.task.start(5)
    apart.reset()
    apart.task.start(5)
    for choice in ([0, 3], [1, 3], [2, 0], [2, 5]):
        seen, reward, _, _, _ = together.step(np.array(choice))
        observed, rewards, _, _, _ = apart.step(dict(zip(apart.possible_agents, choice, strict=True)))
        assert reward == sum(rewards.values())
        assert np.concatenate([observed[agent] for agent in apart.possible_agents]).tolist() == seen.tolist()


def test_an_episode_is_cut_off_and_does_not_end() -> None:
    """Traffic goes on; learners treat a time limit differently from an end."""
    env = ParallelSignals(**{**SMALL, "episode_s": 20})
    env.reset(seed=1)
    for last in (False, True):
        _, _, terminated, truncated, _ = env.step(dict.fromkeys(env.agents, 0))
        assert set(terminated.values()) == {False}
        assert set(truncated.values()) == {last}
    assert env.agents == []


def test_episodes_differ_unless_they_are_seeded() -> None:
    """A learner that saw one hour only would learn it by heart."""
    env = CitySignals(**SMALL)

    def arrivals(seed: int | None) -> list[float]:
        env.reset(seed=seed)
        for _ in range(20):
            seen, *_ = env.step(np.zeros(2, int))
        found: list[float] = seen.tolist()
        return found

    first, second = arrivals(7), arrivals(None)
    assert first != second
    assert (arrivals(7), arrivals(None)) == (first, second)


def test_options_choose_the_city(files: dict[str, Any]) -> None:
    """Files, a grid, or a city that is ready; a misspelt option is told with the nearest."""
    assert isinstance(city()[0], Grid)
    scenario, task = city(**files, decision_s=15)
    assert isinstance(scenario, CityFlowCity)
    assert task.decision_s == 15
    assert city(scenario=scenario)[0] is scenario
    with pytest.raises(NotFoundError, match="no option of the environment 'row'") as caught:
        city(row=3)
    assert "'rows'" in caught.value.hint
    with pytest.raises(NotFoundError):
        city(scenario=scenario, rows=3)
    with pytest.raises(SettingError):
        city(**files, reward="none")


@pytest.mark.parametrize("kind", [CitySignals, CrossingSignal, ParallelSignals])
def test_pictures_are_drawn_for_the_asking(kind: Any) -> None:
    """Films of learners need frames that change; who does not ask pays nothing."""
    env = kind(**SMALL, render_mode="rgb_array")
    env.reset(seed=1)
    first = env.render()
    for _ in range(6):
        env.step(dict.fromkeys(env.agents, 0) if kind is ParallelSignals else env.action_space.sample())
    last = env.render()
    assert first.dtype == last.dtype == np.uint8
    assert first.shape == last.shape
    assert (first != last).any()
    silent = kind(**SMALL)
    silent.reset(seed=1)
    assert silent.render() is None
    with pytest.raises(NotFoundError, match="render mode 'human'"):
        kind(**SMALL, render_mode="human")


@pytest.mark.parametrize("name", ["touyan/City-v0", "touyan/Crossing-v0"])
def test_gymnasiums_checker_passes_with_pictures(name: str) -> None:
    """It renders too, and looks at what comes."""
    check_env(gymnasium.make(name, **SMALL, render_mode="rgb_array").unwrapped)


@pytest.mark.parametrize("absent", ["gymnasium", "pettingzoo"])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    """The hint is something to type."""
    importing = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name.partition(".")[0] == absent:
            raise ImportError(f"No module named {absent!r}", name=absent)
        return importing(name, *arguments, **more)

    monkeypatch.delitem(sys.modules, "touyan.packs.traffic.environments")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingPackageError) as caught:
        importlib.import_module("touyan.packs.traffic.environments")
    assert absent in caught.value.message
    assert caught.value.hint == "pip install 'touyan[environments]'"


def blocks(language: str) -> list[str]:
    """The programs of the tutorial."""
    page = (ROOT / "docs" / language / "tutorials" / "learn-signals.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def test_the_tutorial_learns(capsys: pytest.CaptureFixture[str]) -> None:
    """Who copies it must see the crossing improve, by more than chance."""
    place: dict[str, Any] = {}
    for block in blocks("en"):
        exec(block, place)  # what the reader does
    told = capsys.readouterr().out
    before, after = (float(figure) for figure in re.findall(r"(\d+\.\d) (?:before|after)", told))
    assert after < 0.5 * before
    assert "6 agents" in told


def test_both_tutorials_run_the_same_programs() -> None:
    """What is tested in one language holds in the other; only what is said differs."""
    english, chinese = (
        [re.sub(r'""".*?"""|print\(.*', "", block) for block in blocks(language)] for language in ("en", "zh")
    )
    assert english == chinese
    assert len(english) == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_setting_of_the_task_has_its_place_in_the_reference(language: str) -> None:
    """What cannot be looked up does not exist for most people."""
    page = (ROOT / "docs" / language / "reference" / "environments.md").read_text(encoding="utf-8")
    names = [*TaskSettings.settings, *REWARDS, "crossing", "mask_in_observation", "scenario"]
    assert [name for name in names if f"`{name}`" not in page and f"{name}=" not in page] == []
    defaults = re.findall(r"^\| `(\w+)` \| `?(\w+)`? \|", page, re.MULTILINE)
    told = {name: default for name, default in defaults if name in TaskSettings.settings}
    assert told == {name: str(declared.default) for name, declared in TaskSettings.settings.items()}
