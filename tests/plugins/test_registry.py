"""Finding plugins: what is broken, disabled or claimed twice stays apart from the rest."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from r1cli.errors import R1Error
from r1cli.plugins.kinds import PRESET, REWARD
from r1cli.plugins.registry import all_offers, find_callback, find_reward, load_plugins

Install = Callable[[str, str, str], None]

GOOD = """
from r1cli import Reward, hookimpl

def score(completions, *, target=200, **kwargs):
    return [0.5] * len(completions)

@hookimpl
def r1_rewards():
    return [Reward("{name}", score, summary="Half a point.", columns=("solution",))]
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution with one plugin module on the path, as pip would."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(distribution: str, module: str, source: str) -> None:
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[r1]\n{module} = {module}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    return write


def test_the_built_in_rewards_are_found_as_a_strangers_are() -> None:
    plugins = {plugin.name: plugin for plugin in load_plugins()}
    assert plugins["rewards"].distribution == "r1cli"
    assert {reward.name for reward in plugins["rewards"].of(REWARD)} >= {"accuracy", "format", "tag_count"}


def test_a_plugin_is_found_with_its_parameters(install: Install) -> None:
    install("half-point", "half_point", GOOD.format(name="half"))
    reward = find_reward("half")
    assert reward.parameters() == {"target": 200}
    assert reward.load()(completions=["a", "b"]) == [0.5, 0.5]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("raise RuntimeError('boom [/red]')", "RuntimeError: boom [/red]"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        (
            "from r1cli import hookimpl\n@hookimpl\ndef r1_rewards():\n    return [1]\n",
            "is not an r1cli.Reward",
        ),
        (
            "from r1cli import hookimpl\n@hookimpl\ndef r1_presets():\n    return ['no.yaml']\n",
            "which is not a file",
        ),
        ("from r1cli import hookimpl\n@hookimpl\ndef r1_presets():\n    return [1]\n", "which is not a file"),
        (
            "from r1cli import hookimpl\n@hookimpl\ndef r1_callbacks():\n    return [1]\n",
            "is not an r1cli.Callback",
        ),
        (
            "from r1cli import hookimpl\n@hookimpl\ndef r1_benchmarks():\n    return [1]\n",
            "is not an r1cli.Benchmark",
        ),
        (
            "from r1cli import Benchmark, hookimpl\n@hookimpl\ndef r1_benchmarks():\n"
            "    return [Benchmark('empty', summary='')]\n",
            "benchmark 'empty' has neither a dataset",
        ),
        (
            "from r1cli import hookimpl\n@hookimpl\ndef r1_reward():\n    return []\n",
            "'r1_reward' is not a hook",
        ),
    ],
)
def test_a_broken_plugin_is_named_and_the_rest_goes_on(install: Install, source: str, reason: str) -> None:
    install("broken-one", "broken_one", source)
    broken = next(plugin for plugin in load_plugins() if plugin.name == "broken_one")
    assert reason in broken.error
    assert find_reward("accuracy").name == "accuracy"
    with pytest.raises(R1Error) as caught:
        find_reward("from_broken_one")
    assert "broken_one (broken-one 1.0) could not be loaded" in caught.value.fix


def test_a_name_claimed_twice_is_an_error_only_when_it_is_used(install: Install) -> None:
    install("first-one", "first_one", GOOD.format(name="shared"))
    install("second-one", "second_one", GOOD.format(name="shared"))
    assert find_reward("accuracy").name == "accuracy"
    with pytest.raises(R1Error) as caught:
        find_reward("shared", "flag --reward")
    assert "first_one (first-one 1.0) and second_one (second-one 1.0)" in caught.value.what
    assert caught.value.where == "flag --reward"


@pytest.mark.parametrize(
    ("module", "distribution", "value"),
    [
        ("first_one", "second-one", "second_one"),  # its name is another
        ("shared", "second-one", "second-one"),  # only the package has its own name
    ],
)
def test_the_fix_of_a_name_claimed_twice_leaves_one_plugin(
    install: Install,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    distribution: str,
    value: str,
) -> None:
    install(module, module, GOOD.format(name="both"))
    install(distribution, "second_one", GOOD.format(name="both"))
    (tmp_path / "second_one-1.0.dist-info" / "entry_points.txt").write_text(
        f"[r1]\n{'shared' if module == 'shared' else 'second_one'} = second_one\n"
    )
    monkeypatch.setenv("R1_DISABLE_PLUGINS", "gone")
    with pytest.raises(R1Error) as caught:
        find_reward("both")
    assert caught.value.fix == f"to keep {module} ({module} 1.0), set R1_DISABLE_PLUGINS=gone,{value}"
    monkeypatch.setenv("R1_DISABLE_PLUGINS", f"gone,{value}")
    load_plugins.cache_clear()
    assert find_reward("both").name == "both"


def test_r1s_own_plugin_is_the_one_that_is_kept(install: Install) -> None:
    install("a-stranger", "a_stranger", GOOD.format(name="accuracy"))
    with pytest.raises(R1Error) as caught:
        find_reward("accuracy")
    assert caught.value.fix.endswith("set R1_DISABLE_PLUGINS=a_stranger")


def test_without_a_name_that_leaves_one_plugin_a_package_is_to_be_uninstalled(
    install: Install, tmp_path: Path
) -> None:
    """The package of each is called as the other's plugin."""
    for module, package in (("one", "two"), ("two", "one")):
        install(package, module, GOOD.format(name="both"))
    with pytest.raises(R1Error) as caught:
        find_reward("both")
    assert caught.value.fix == "pip uninstall one"


def test_an_unknown_name_says_which_plugins_are_left_out(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("half-point", "half_point", GOOD.format(name="half"))
    monkeypatch.setenv("R1_DISABLE_PLUGINS", "half_point")
    with pytest.raises(R1Error) as caught:
        find_reward("half")
    assert caught.value.fix.endswith("; R1_DISABLE_PLUGINS leaves out half_point (half-point 1.0)")


MORE = """
from pathlib import Path
from r1cli import Callback, hookimpl

FILE = Path(__file__).with_suffix(".yaml")

@hookimpl
def r1_presets():
    FILE.write_text("command: sft")
    return [FILE, str(FILE)]

@hookimpl
def r1_callbacks():
    return [
        Callback("beat", "collections:OrderedDict", summary="A beat."),
        Callback("gone", "no_module:x", summary=""),
    ]
"""


def test_presets_and_callbacks_are_found_by_name(install: Install, tmp_path: Path) -> None:
    install("more-things", "more_things", MORE)
    title, file = "more_things (more-things 1.0)", tmp_path / "more_things.yaml"
    assert all_offers(PRESET) == {"more_things": [(title, file), (title, file)]}
    assert find_callback("beat").load()() == {}
    with pytest.raises(R1Error, match="callback 'gone' cannot be loaded"):
        find_callback("gone").load()
    with pytest.raises(R1Error) as caught:
        find_callback("bead", "flag --callbacks.names")
    assert (caught.value.what, caught.value.where) == ("unknown callback 'bead'", "flag --callbacks.names")
    assert caught.value.fix == "did you mean beat?"


def test_a_stranger_cannot_take_a_built_in_name_silently(install: Install) -> None:
    install("impostor", "impostor", GOOD.format(name="accuracy"))
    with pytest.raises(R1Error, match="claimed by"):
        find_reward("accuracy")


@pytest.mark.parametrize("name", ["impostor", "the-impostor", "The_Impostor"])
def test_a_disabled_plugin_is_not_loaded(
    install: Install, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    install("the-impostor", "impostor", "raise RuntimeError('loaded')")
    monkeypatch.setenv("R1_DISABLE_PLUGINS", name)
    plugin = next(plugin for plugin in load_plugins() if plugin.name == "impostor")
    assert plugin.disabled and not plugin.error


def test_what_a_plugin_prints_does_not_spoil_the_data(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("chatty-one", "chatty_one", "print('hello')\n" + GOOD.format(name="chatty"))
    find_reward("chatty")
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "hello\n")


CHECKED = """
from r1cli import Reward, hookimpl

def check(*, target):
    if target < 0:
        raise ValueError(f"target must be 0 or more, not {target}")

def score(completions, *, target=200, **kwargs):
    return [0.5] * len(completions)

@hookimpl
def r1_rewards():
    return [
        Reward("checked", score, summary="", check=check),
        Reward("named", score, summary="", check="checked_one:check"),
        Reward("misspelt", score, summary="", check="checked_one:chek"),
    ]
"""


def test_a_reward_checks_its_parameters_with_their_defaults(install: Install) -> None:
    install("checked-one", "checked_one", CHECKED)
    for name in ("checked", "named"):
        find_reward(name).check_parameters({})
        with pytest.raises(ValueError, match="target must be 0 or more, not -1"):
            find_reward(name).check_parameters({"target": -1})
    with pytest.raises(R1Error, match="reward 'misspelt' cannot be loaded"):
        find_reward("misspelt").check_parameters({})


def test_a_reward_whose_module_is_missing_is_named(install: Install) -> None:
    source = GOOD.format(name="lazy").replace("score, summary", "'no_such_module:fn', summary")
    install("lazy-one", "lazy_one", source)
    with pytest.raises(R1Error, match="reward 'lazy' cannot be loaded: No module named 'no_such_module'"):
        find_reward("lazy").load()


def test_an_unknown_reward_names_the_nearest() -> None:
    with pytest.raises(R1Error, match="did you mean accuracy"):
        find_reward("acuracy")


FUNCTIONS = """
import no_such_module
PENALTY = 3

def brevity(completions, *, target=200, penalty=PENALTY, log_metric=None, **kwargs):
    '''Shorter is better.

    More.'''
    return [1.0] * len(completions)

async def slow(completions, **kwargs):
    return [1.0] * len(completions)

whole = Reward("brevity", brevity, summary="shorter is better")
"""


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a package, in which nothing can be imported; it is the current one."""
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "__init__.py").write_text("import no_such_module")
    (tmp_path / "kit" / "mine.py").write_text(FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "kit"


@pytest.mark.parametrize("name", ["kit/mine.py:brevity", "kit.mine:brevity"])
def test_a_reward_may_be_a_function_of_a_file_or_module_and_is_not_imported_to_be_found(
    functions: Path, name: str
) -> None:
    reward = find_reward(name)
    assert (reward.name, reward.summary) == (name, "Shorter is better.")
    assert reward.parameters() == {"target": 200, "penalty": "PENALTY"}


def test_a_function_may_ask_for_a_parameter_and_its_module_be_in_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside_me.py").write_text(
        "def scaled(completions, *, scale, **kwargs):\n    return [scale]\n"
    )
    (tmp_path / "breaks.py").write_text(
        "def scaled(completions, **kwargs):\n    pass\nraise RuntimeError('no')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    for name in ("beside_me:scaled", "beside_me.py:scaled"):
        reward = find_reward(name)
        assert reward.parameters() == {"scale": inspect.Parameter.empty}
        assert reward.load()(["a"], scale=0.5) == [0.5]
    with pytest.raises(R1Error, match="cannot be loaded: RuntimeError: no"):
        find_reward("breaks:scaled").load()


def test_functions_of_one_file_share_their_module_wherever_they_are_loaded(
    functions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (functions / "mine.py").write_text(FUNCTIONS.replace("import no_such_module", "from r1cli import Reward"))
    brevity, slow = find_reward("kit/mine.py:brevity"), find_reward("kit/mine.py:slow")
    monkeypatch.chdir("/")
    assert brevity.load()(completions=["a"]) == [1.0]
    assert brevity.load().__globals__ is slow.load().__globals__


@pytest.mark.parametrize(
    ("name", "what", "fix"),
    [
        ("kit/mine.py:brevty", "no function 'brevty' in kit/mine.py", "did you mean brevity?"),
        ("kit/mine.py:zzz", "no function 'zzz'", "it defines brevity, slow"),
        ("kit/mine.py:whole", "'whole' in kit/mine.py is a Reward, and no function", "is for packages"),
        ("kit/mime.py:brevity", "no file 'kit/mime.py'", "did you mean mine.py?"),
        ("kit.mine:brevty", "no function 'brevty' in kit.mine", "did you mean brevity?"),
        ("kit.nowhere:brevity", "no module 'kit.nowhere'", "name a file"),
        ("no_such_package:brevity", "no module 'no_such_package'", "install the package"),
        (":brevity", "no module ''", "install the package"),
    ],
)
def test_what_is_missing_of_a_function_is_said(functions: Path, name: str, what: str, fix: str) -> None:
    with pytest.raises(R1Error) as caught:
        find_reward(name, "flag --reward")
    assert what in caught.value.what and fix in caught.value.fix
    assert caught.value.where == "flag --reward"


def test_a_file_that_is_no_python_is_said(functions: Path) -> None:
    (functions / "mine.py").write_text("def (")
    with pytest.raises(R1Error, match="cannot be read as Python"):
        find_reward("kit/mine.py:brevity")


@pytest.mark.parametrize(
    ("name", "what", "fix"),
    [
        (
            "accuracy:abc",
            "'abc' is not a weight of the reward 'accuracy'",
            "as accuracy:0.5, or accuracy alone",
        ),
        ("format:", "there is no weight behind the reward 'format'", "as format:0.5, or format alone"),
        ("my_reward.py", "is a file, and not a function in it", "as my_reward.py:FUNCTION"),
    ],
)
def test_a_reward_that_is_written_nearly_right(name: str, what: str, fix: str) -> None:
    with pytest.raises(R1Error) as caught:
        find_reward(name)
    assert what in caught.value.what
    assert caught.value.fix == fix
