"""Python programs around the one of a completion: they call its function, or run it as LiveCodeBench does.

They run in the sandbox with the completion's program, which can do to them whatever it likes: they contain no
expected output, and what they print is judged outside.
"""

# Standard output is for the result alone; what the program prints goes to standard error.
_CALL = """\
import json, os, sys
{prelude}
_out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
sys.setrecursionlimit({depth})
_arguments = [json.loads(_line) for _line in sys.stdin.read().split("\\n") if _line.strip()]
_names = {{"__name__": "solution", "__builtins__": __builtins__, **_given}}
exec(compile({source!r}, "solution.py", "exec"), _names)
_found = _names[{function!r}] if {function!r} in _names else getattr(_names["Solution"](), {function!r})
_result = json.dumps(_found(*_arguments))
sys.stdout.flush()
_out.write(_result + "\\n")
_out.flush()
"""
_RUN = """\
import sys
{prelude}
sys.setrecursionlimit({depth})
_names = {{"__name__": "__main__", "__builtins__": __builtins__, **_given}}
exec(compile({source!r}, "program.py", "exec"), _names)
"""
# What LiveCodeBench puts in front of each program: these modules, and everything in them.
_LIVECODEBENCH = """\
import importlib
_given = {}
for _name in ("string re datetime collections heapq bisect copy math random statistics itertools functools "
              "operator io sys json builtins typing").split():
    _module = importlib.import_module(_name)
    _given.update({_each: getattr(_module, _each)
                   for _each in getattr(_module, "__all__", dir(_module)) if not _each.startswith("__")})
for _name in ("string re datetime collections heapq bisect copy math random statistics itertools functools "
              "operator io sys json").split():
    _given[_name] = importlib.import_module(_name)
"""
_PLAIN = "_given = {}\nexec('from typing import *', _given)"


def calling(source: str, function: str, *, as_livecodebench: bool = False) -> str:
    """A program that calls a function with the JSON values of its input's lines, and prints the JSON result.

    The function may be a method of a class ``Solution``.
    """
    prelude, depth = (_LIVECODEBENCH, 50_000) if as_livecodebench else (_PLAIN, 10_000)
    return _CALL.format(prelude=prelude, depth=depth, source=source, function=function)


def with_prelude(source: str) -> str:
    """A program with the names that LiveCodeBench gives it."""
    return _RUN.format(prelude=_LIVECODEBENCH, depth=50_000, source=source)
