"""A copy of the step with a clock between its stages, made from its source, so that it cannot lag behind it."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import step as original

_CLOCK, _SPENT, _SINCE, _NOW = "cycles_", "spent_", "since_", "now_"


class TimedRun(NamedTuple):
    """`run` takes `spent` after the arguments of `step.run`. It does the same and adds up clock cycles."""

    stages: tuple[str, ...]
    run: Callable[..., int]


def timed_run() -> TimedRun:
    """Compile the timed copy; takes half a minute, for it is not cached."""
    step, stages = timed(_source(original.step))
    names = vars(original) | {_CLOCK: cycles}
    exec(step, names)
    names["step"] = numba.njit(error_model="numpy", forceinline=True)(names["step"])
    run = _with_argument(ast.parse(_source(original.run)), callee="step")
    exec(run, names)
    return TimedRun(stages, numba.njit(error_model="numpy")(names["run"]))


def timed(source: str) -> tuple[str, tuple[str, ...]]:
    """A function's source with a clock after each statement that calls something, and what those call."""
    tree = ast.parse(source)
    function = _function(tree)
    stages: list[str] = []
    body = ast.parse(f"{_SINCE} = {_CLOCK}()").body
    for statement in function.body:
        body.append(statement)
        if called := _called(statement):
            note = f"{_NOW} = {_CLOCK}(); {_SPENT}[{len(stages)}] += {_NOW} - {_SINCE}; {_SINCE} = {_NOW}"
            body += ast.parse(note).body
            stages.append(", ".join(called))
    function.body = body
    return _with_argument(tree), tuple(stages)


@intrinsic
def cycles(typing_context: Any) -> Any:
    """The processor's time stamp counter."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        counter = ir.FunctionType(ir.IntType(64), [])
        insert: Any = cgutils.get_or_insert_function
        return builder.call(insert(builder.module, counter, "llvm.readcyclecounter"), [])

    return types.int64(), code


def _source(kernel: Any) -> str:
    return textwrap.dedent(inspect.getsource(getattr(kernel, "py_func", kernel)))


def _function(tree: ast.Module) -> ast.FunctionDef:
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    return function


def _with_argument(tree: ast.Module, callee: str = "") -> str:
    """The source of a function that takes what was spent, and hands it on to the callee."""
    function = _function(tree)
    function.args.args.append(ast.arg(_SPENT))
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == callee:
            node.args.append(ast.Name(_SPENT))
    return ast.unparse(ast.fix_missing_locations(tree))


def _called(statement: ast.stmt) -> list[str]:
    """The names of the functions that a statement calls, each once; threads that wait for one another are no stage."""
    calls = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    names = dict.fromkeys(function.id for function in calls if isinstance(function, ast.Name))
    return [name for name in names if name != "meet" and not hasattr(builtins, name)]
