"""r1: train reasoning models the DeepSeek-R1 way, from one command line.

The names below are the public ones: what a plugin may import. They are loaded when first used, so that
``import r1cli`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from r1cli.version import __version__

if TYPE_CHECKING:
    from r1cli.endpoint import Endpoint, parse_endpoints
    from r1cli.errors import R1Error
    from r1cli.execution.current import execute, step_deadline
    from r1cli.execution.executor import Executor, as_they_end
    from r1cli.execution.file_names import check_file_name
    from r1cli.execution.languages import Language, find_language, time_factor
    from r1cli.execution.program import (
        ExecutionFault,
        Interaction,
        InteractionResult,
        NotJudged,
        Program,
        ProgramLimits,
        ProgramResult,
        ProgramVerdict,
    )
    from r1cli.plugins.spec import hookimpl
    from r1cli.plugins.types import Benchmark, Callback, CodeProvider, Reward
    from r1cli.sampling.client import Client, complete
    from r1cli.sampling.store import Completion, Failure
    from r1cli.scoring.math import Verdict, answer_of, explain, explain_all, verify
    from r1cli.scoring.texts import texts
    from r1cli.verdicts.finder import Answer
    from r1cli.verdicts.terms import VerifierLost

__all__ = [
    "Answer",
    "Benchmark",
    "Callback",
    "Client",
    "CodeProvider",
    "Completion",
    "Endpoint",
    "ExecutionFault",
    "Executor",
    "Failure",
    "Interaction",
    "InteractionResult",
    "Language",
    "NotJudged",
    "Program",
    "ProgramLimits",
    "ProgramResult",
    "ProgramVerdict",
    "R1Error",
    "Reward",
    "Verdict",
    "VerifierLost",
    "__version__",
    "answer_of",
    "as_they_end",
    "check_file_name",
    "complete",
    "execute",
    "explain",
    "explain_all",
    "find_language",
    "hookimpl",
    "parse_endpoints",
    "step_deadline",
    "texts",
    "time_factor",
    "verify",
]

_HOME = {
    "Answer": "r1cli.verdicts.finder",
    "Benchmark": "r1cli.plugins.types",
    "Callback": "r1cli.plugins.types",
    "Client": "r1cli.sampling.client",
    "CodeProvider": "r1cli.plugins.types",
    "Completion": "r1cli.sampling.store",
    "Endpoint": "r1cli.endpoint",
    "ExecutionFault": "r1cli.execution.program",
    "Executor": "r1cli.execution.executor",
    "Failure": "r1cli.sampling.store",
    "Interaction": "r1cli.execution.program",
    "InteractionResult": "r1cli.execution.program",
    "Language": "r1cli.execution.languages",
    "NotJudged": "r1cli.execution.program",
    "Program": "r1cli.execution.program",
    "ProgramLimits": "r1cli.execution.program",
    "ProgramResult": "r1cli.execution.program",
    "ProgramVerdict": "r1cli.execution.program",
    "R1Error": "r1cli.errors",
    "Reward": "r1cli.plugins.types",
    "Verdict": "r1cli.scoring.math",
    "VerifierLost": "r1cli.verdicts.terms",
    "as_they_end": "r1cli.execution.executor",
    "answer_of": "r1cli.scoring.math",
    "check_file_name": "r1cli.execution.file_names",
    "complete": "r1cli.sampling.client",
    "execute": "r1cli.execution.current",
    "explain": "r1cli.scoring.math",
    "explain_all": "r1cli.scoring.math",
    "find_language": "r1cli.execution.languages",
    "hookimpl": "r1cli.plugins.spec",
    "parse_endpoints": "r1cli.endpoint",
    "step_deadline": "r1cli.execution.current",
    "texts": "r1cli.scoring.texts",
    "time_factor": "r1cli.execution.languages",
    "verify": "r1cli.scoring.math",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'r1cli' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
