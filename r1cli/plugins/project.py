"""``r1 plugins new``: writes a project that can be installed and passes its own tests."""

import keyword
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from r1cli.errors import R1Error
from r1cli.plugins.kinds import CODE_PROVIDER, REWARD, Kind
from r1cli.plugins.registry import load_plugins

_TEMPLATE = Path(__file__).parent / "template"


@dataclass(frozen=True)
class _Project:
    """What a project of a kind is made of.

    Args:
        kind: of the plugin.
        name: what the templates call the package; the module has underscores.
        files: the template file of each; MODULE stands for the module's name.
    """

    kind: Kind[Any]
    name: str
    files: Mapping[str, str]


def _project(kind: Kind[Any], short: str) -> _Project:
    files = {
        "pyproject.toml": "pyproject.toml.template",
        "README.md": f"{short}_readme.md.template",
        "MODULE.py": f"{short}.py.template",
        "tests/test_MODULE.py": f"test_{short}.py.template",
    }
    return _Project(kind, f"my-{short}", files)


#: The projects that can be written, by the word that users type.
PROJECTS = {"reward": _project(REWARD, "reward"), "code-provider": _project(CODE_PROVIDER, "provider")}
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def new_project(name: str, parent: Path, kind: str = "reward") -> list[Path]:
    """Writes the project into a new folder with its name.

    Args:
        name: of the package, such as ``my-reward``; the module and the reward are called ``my_reward``.
        parent: the folder to create it in.
        kind: one of `PROJECTS`.

    Returns:
        The files.

    Raises:
        R1Error: the kind is unknown, the name is not valid or taken, or the folder exists.
    """
    if kind not in PROJECTS:
        fix = f"{' or '.join(PROJECTS)}; docs/plugins.md shows the other kinds"
        raise R1Error(f"unknown kind of plugin '{kind}'", where="flag --kind", fix=fix)
    project, module = PROJECTS[kind], name.replace("-", "_")
    _check_name(name, module, project)
    folder = parent / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise R1Error(
            f"'{folder}' exists already",
            where="argument NAME",
            fix="choose another name or another --directory",
        ) from None
    except OSError as error:
        raise R1Error(f"cannot create '{folder}': {error.strerror}", where="flag --directory") from None
    written = []
    for target, source in project.files.items():
        text = (_TEMPLATE / source).read_text(encoding="utf-8")
        file = folder / target.replace("MODULE", module)
        file.parent.mkdir(exist_ok=True)
        text = text.replace("A reward for r1.", f"A {project.kind.name} for r1.")
        for shown in ("my-reward", project.name):
            text = text.replace(shown, name).replace(shown.replace("-", "_"), module)
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return written


def _check_name(name: str, module: str, project: _Project) -> None:
    if not _NAME.fullmatch(name):
        raise R1Error(
            f"'{name}' is not a valid package name",
            where="argument NAME",
            fix=f"use lower-case letters, digits and hyphens, a letter first: {project.name}",
        )
    kind = project.kind
    offered = {kind.name_of(offer): plugin for plugin in load_plugins() for offer in plugin.of(kind)}
    if module in offered:
        what = f"the plugin {offered[module].title} already has a {kind.name} '{module}'"
    elif keyword.iskeyword(module) or module in sys.stdlib_module_names or find_spec(module):
        what = f"Python already has a module '{module}'"
    else:
        return
    raise R1Error(what, where="argument NAME", fix="choose another name")
