"""Which pipeline a run uses: a recipe of r1, or anybody's ``file.py:function``."""

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path

from r1cli.data.source import neighbours
from r1cli.errors import R1Error, did_you_mean
from r1cli.generate.cold_start.registry import RECIPES
from r1cli.generate.schema import Generate

#: The function of a pipeline file that is called if none is named.
BUILD = "build"


@dataclass(frozen=True)
class PipelineSource:
    """Where a pipeline comes from.

    Args:
        recipe: the name of one of r1's own; empty for a file.
        file: of the pipeline.
        function: of the file, which builds it.
        format: of completions; only recipes have one.
        examples: a file of worked examples; only for the recipe that shows some.
    """

    recipe: str = ""
    file: Path | None = None
    function: str = BUILD
    format: str | None = None
    examples: Path | None = None

    @classmethod
    def of(cls, settings: Generate) -> "PipelineSource | None":
        """The pipeline of a run; None for plain sampling."""
        if settings.recipe:
            examples = Path(settings.examples).expanduser() if settings.examples else None
            format = settings.format or RECIPES[settings.recipe].format
            return cls(settings.recipe, format=format, examples=examples)
        if not settings.pipeline:
            return None
        file, function = parse_pipeline(settings.pipeline)
        return cls("", file, function)

    @property
    def name(self) -> str:
        """As others may read it, without folders of this machine."""
        return self.recipe or f"{self.file.name if self.file else ''}:{self.function}"

    def digest(self) -> str:
        """Of all that decides what the pipeline does."""
        files = [file.read_bytes() for file in (self.file, self.examples) if file]
        said = repr((self.recipe, self.function, self.format)).encode()
        return hashlib.sha256(b"\0".join([said, *files])).hexdigest()


def parse_pipeline(value: str) -> tuple[Path, str]:
    """The file and the function of ``file.py:function``."""
    file, colon, function = value.rpartition(":")
    # Without a function there may still be a colon in a path.
    if not colon or not function.isidentifier():
        file, function = value, BUILD
    return Path(file).expanduser(), function


def check_pipeline(value: str, where: str) -> None:
    """Checks a pipeline file as far as possible without running it.

    Raises:
        R1Error: it is not there, is not Python, or has no such function of one argument.
    """
    file, function = parse_pipeline(value)
    if not file.is_file():
        fix = did_you_mean(str(file), neighbours(str(file)), "check the path")
        raise R1Error(f"there is no pipeline file '{file}'", where=where, fix=fix)
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise R1Error(f"this is not Python: {error}", where=f"{file}:{line}" if line else str(file)) from None
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    # Other names may be functions as well: imported, or made by a call.
    names = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    names |= {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if function not in functions:
        if function in names:
            return
        fix = did_you_mean(function, functions, f"def {function}(llm): ... returns a distilabel Pipeline")
        raise R1Error(f"there is no function '{function}' in the pipeline file", where=str(file), fix=fix)
    arguments = functions[function].args
    if not (arguments.args or arguments.posonlyargs or arguments.vararg):
        raise R1Error(
            f"{function} takes no arguments, but r1 calls it with its LLM",
            where=f"{file}:{functions[function].lineno}",
            fix=f"def {function}(llm): ... returns a distilabel Pipeline",
        )
