"""``r1 plugins new``: a project with one reward that installs, and passes its own tests, as it stands."""

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from r1cli.errors import R1Error
from r1cli.plugins.kinds import REWARD
from r1cli.plugins.registry import load_plugins

_TEMPLATE = Path(__file__).parent / "template"
#: The files of a project, and what of the template each is written from. MODULE stands for the module's name.
_FILES = {
    "pyproject.toml": "pyproject.toml.template",
    "README.md": "README.md.template",
    "MODULE.py": "reward.py.template",
    "tests/test_MODULE.py": "test_reward.py.template",
}
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def new_project(name: str, parent: Path) -> list[Path]:
    """Writes the project into a new folder of its name.

    Args:
        name: of the package, as ``my-reward``; the module and the reward are called ``my_reward``.
        parent: the folder that it is made in.

    Returns:
        The files.

    Raises:
        R1Error: the name will not do, or there is something already.
    """
    module = name.replace("-", "_")
    _check_name(name, module)
    folder = parent / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise R1Error(
            f"'{folder}' exists already", where="argument NAME", fix="give another name, or a --directory"
        ) from None
    except OSError as error:
        raise R1Error(f"cannot make '{folder}': {error.strerror}", where="flag --directory") from None
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
            f"'{name}' is no name for a package",
            where="argument NAME",
            fix="small letters, digits and hyphens, as my-reward",
        )
    offered = {reward.name: plugin for plugin in load_plugins() for reward in plugin.of(REWARD)}
    if module in offered:
        what = f"the reward '{module}' is {offered[module].title}'s already"
    elif keyword.iskeyword(module) or module in sys.stdlib_module_names or find_spec(module):
        what = f"Python has a '{module}' already"
    else:
        return
    raise R1Error(what, where="argument NAME", fix="give another name")
