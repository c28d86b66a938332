"""``r1 plugins new``: writes a project with one reward that can be installed and passes its own tests."""

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.plugins.kinds import REWARD
from r1cli.plugins.registry import load_plugins

_TEMPLATE = Path(__file__).parent / "template"
#: The files of a project, and the template file of each. MODULE stands for the module's name.
_FILES = {
    "pyproject.toml": "pyproject.toml.template",
    "README.md": "README.md.template",
    "MODULE.py": "reward.py.template",
    "tests/test_MODULE.py": "test_reward.py.template",
}
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def new_project(name: str, parent: Path) -> list[Path]:
    """Writes the project into a new folder with its name.

    Args:
        name: of the package, such as ``my-reward``; the module and the reward are called ``my_reward``.
        parent: the folder to create it in.

    Returns:
        The files.

    Raises:
        R1Error: the name is not valid or taken, or the folder exists.
    """
    module = name.replace("-", "_")
    _check_name(name, module)
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
    for target, source in _FILES.items():
        text = (_TEMPLATE / source).read_text(encoding="utf-8")
        file = folder / target.replace("MODULE", module)
        file.parent.mkdir(exist_ok=True)
        file.write_text(text.replace("my-reward", name).replace("my_reward", module), encoding="utf-8")
        written.append(file)
    return written


def _check_name(name: str, module: str) -> None:
    if not _NAME.fullmatch(name):
        raise R1Error(
            f"'{name}' is not a valid package name",
            where="argument NAME",
            fix="use lower-case letters, digits and hyphens: my-reward",
        )
    offered = {reward.name: plugin for plugin in load_plugins() for reward in plugin.of(REWARD)}
    if module in offered:
        what = f"the plugin {offered[module].title} already has a reward '{module}'"
    elif keyword.iskeyword(module) or module in sys.stdlib_module_names or find_spec(module):
        what = f"Python already has a module '{module}'"
    else:
        return
    raise R1Error(what, where="argument NAME", fix="choose another name")
