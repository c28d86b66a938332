"""Verifiers of reasoning-gym that evaluate the answer as Python, run in the sandbox.

An answer is evaluated in the process that scores it, so only plain expressions are: they cannot name what
would let them write a score themselves. The sandbox bounds what an expression may cost.
"""

import ast
import builtins
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from r1cli import (
    ExecutionFault,
    NotJudged,
    Program,
    ProgramLimits,
    ProgramResult,
    execute,
    step_deadline,
    time_factor,
)

#: What reasoning-gym's verifiers import.
PACKAGES = ("reasoning_gym", "sympy", "mpmath", "numpy", "PyYAML")
FUNCTIONS = frozenset(
    ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log", "ln", "sqrt", "pi"]
)
_LONGEST = 2000
_BUILT_IN = frozenset(dir(builtins)) - {"abs", "max", "min", "pow", "round", "sum"}
_LIMITS = ProgramLimits(cpu_s=5.0 / time_factor("python"), memory_mb=1024)
# The packages' own __init__ would import all of reasoning-gym, which takes seconds.
_SOURCE = """\
import importlib, importlib.util, json, sys, types

row = json.loads(sys.stdin.read())
places = list(importlib.util.find_spec("reasoning_gym").submodule_search_locations)
parts = row["module"].split(".")[:-1]
for depth in range(len(parts)):
    name = ".".join(parts[: depth + 1])
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = ["/".join([place, *parts[1 : depth + 1]]) for place in places]
importlib.import_module(row["module"])
made, config = importlib.import_module("reasoning_gym.factory").DATASETS[row["task"]]
verifier = made(config=config()).score_answer


def as_tuples(value):
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


def score(answer, entry):
    try:
        return float(verifier(answer, entry))
    except Exception:
        return None


# JSON has no tuples, but some verifiers compare with them.
entry = {"question": row["question"], "answer": row["gold"], "metadata": row["metadata"]}
other = {**entry, "metadata": {name: as_tuples(value) for name, value in row["metadata"].items()}}
first, second = score(row["gold"], entry), score(row["gold"], other)
if (second or 0) > (first or 0):
    first, entry = second, other
print("gold", first, flush=True)
print("answer", score(row["answer"], entry), flush=True)
"""


@dataclass(frozen=True)
class Evaluation:
    """An answer, and the row of the task that it is for.

    Args:
        task: of reasoning-gym.
        module: where the task's verifier is.
        question: the prompt.
        gold: the reference answer.
        metadata: of the row, a JSON object.
        answer: to be scored.
    """

    task: str
    module: str
    question: str
    gold: str
    metadata: str
    answer: str

    def program(self) -> Program:
        """The run that prints the scores of the reference answer and of the answer."""
        row = {**vars(self), "metadata": json.loads(self.metadata)}
        return Program(_SOURCE, "python", stdin=json.dumps(row), limits=_LIMITS)


def known_names(gold: str) -> frozenset[str]:
    """The names that an answer may have: mathematical functions, and words of the reference answer that do
    not mean anything to Python."""
    return FUNCTIONS | set(re.findall(r"[A-Za-z]\w*", gold)) - _BUILT_IN


def is_expression(answer: str, gold: str) -> bool:
    """Whether an answer is arithmetic or a list, without attributes, keywords, or names that are not
    mathematical functions, single letters, or words of the reference answer.

    Texts may only be in it if the reference answer has some: sympy evaluates those that it is given.
    """
    if len(answer) > _LONGEST:
        return False
    names = known_names(gold)
    texts = "'" in gold or '"' in gold
    try:
        return _is_plain(ast.parse(answer.strip(), mode="eval").body, names, texts)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _is_plain(node: ast.expr, names: frozenset[str], texts: bool) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float) or (texts and isinstance(value, str))
        case ast.Name(id=name):
            return name in names or len(name) == 1
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return all(_is_plain(each, names, texts) for each in elements)
        case ast.UnaryOp(operand=operand):
            parts = [operand]
        case ast.BinOp(left=left, right=right):
            parts = [left, right]
        case ast.Call(func=ast.Name() as function, args=arguments, keywords=[]):
            parts = [function, *arguments]
        case _:
            return False
    return all(_is_plain(each, names, False) for each in parts)


async def scores_of(evaluations: Sequence[Evaluation]) -> list[float | Exception | None]:
    """The score of each answer; None if the verifier cannot read the reference answer.

    Raises:
        R1Error: this machine cannot run programs in a sandbox.
    """
    programs = [each.program() for each in evaluations]
    results = await execute(programs, until=step_deadline(), packages=PACKAGES)
    return [_score(result) for result in results]


def _score(result: object) -> float | Exception | None:
    if isinstance(result, ExecutionFault | NotJudged):
        return result
    if not isinstance(result, ProgramResult):
        return ExecutionFault(f"the verifier gave {type(result).__name__}")
    said = dict(line.split(" ", 1) for line in result.stdout.splitlines() if " " in line)
    if "gold" not in said:
        return ExecutionFault(f"the verifier ended with {result.verdict}: {result.stderr.strip()[-200:]}")
    if said["gold"] == "None":
        return None
    # An answer that costs too much, or crashes the verifier, is wrong.
    return float(said.get("answer", "0").replace("None", "0"))
