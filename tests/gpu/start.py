"""``make test-gpu``: runs the GPU tests with the Python that runs this, and without the internet.

What is missing comes from the wheels that `make gpu-wheels` has collected, into a separate environment
inside build/: the machine's packages stay as they are, and are seen from there. Needs nothing but Python.
"""

import os
import subprocess
import sys
import venv
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ROOT / "build" / "gpu-wheels"
ENVIRONMENT = ROOT / "build" / "gpu-environment"
FIGURES = ROOT / "build" / "gpu-figures.json"
#: Seconds after which no further test starts: with the installation, all is usually over in eight minutes.
TIME = 360


def main() -> int:
    pips = sorted(WHEELS.glob("pip-*.whl"))
    if not pips:
        return refuse(f"{WHEELS} has no wheels: collect them with `make gpu-wheels` where there is internet")
    missing = [name for name in (WHEELS / "machine.txt").read_text().split() if not has(name)]
    if missing:
        return refuse(f"{sys.executable} does not have {', '.join(missing)}, which are too large to carry")
    install(pips[-1])
    environment = {
        **os.environ,
        # Without a GPU the tests fail here, and are not skipped.
        "R1_TEST_REQUIRE": "gpu",
        # Each training imports the same modules.
        "PYTHONDONTWRITEBYTECODE": "",
        "R1_TEST_GPU_OUT": os.environ.get("R1_TEST_GPU_OUT", str(FIGURES)),
        # The machine's own plugins of pytest may be made for another version of it.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    pytest = (
        str(ENVIRONMENT / "bin" / "python"), "-m", "pytest", "-p", "pytest_timeout", "-m", "gpu",
        "-o", "addopts=--import-mode=importlib --strict-markers -ra", "--session-timeout", str(TIME),
        "--durations", "30",
    )  # fmt: skip
    words = [*pytest, "tests/gpu", *sys.argv[1:]]
    return subprocess.run(words, check=False, cwd=ROOT, env=environment).returncode


def refuse(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return 2


def has(name: str) -> bool:
    """Whether this Python has a distribution."""
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def install(pip: Path) -> None:
    """Makes an environment that sees all that this Python sees, with r1 from this tree and what it needs."""
    # A wheel of pip is an installer by itself: Debian's Python does not have pip.
    venv.create(ENVIRONMENT, clear=True, with_pip=False, symlinks=True)
    python = ENVIRONMENT / "bin" / "python"
    (packages,) = ENVIRONMENT.glob("lib/python*/site-packages")
    # This Python may be that of an environment itself, which --system-site-packages would pass by.
    seen = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    lines = (f"import site; site.addsitedir({path!r})\n" for path in seen)
    (packages / "machine.pth").write_text("".join(lines))
    command = (
        str(python), str(pip / "pip"), "--disable-pip-version-check", "install", "--quiet", "--no-index",
        "--no-compile", "--find-links", str(WHEELS),
    )  # fmt: skip
    subprocess.run([*command, "--requirement", str(WHEELS / "requirements.txt")], check=True)
    # What these need themselves is there, or no test uses it.
    alone = ("reasoning-gym", "liger-kernel", str(ROOT))
    subprocess.run([*command, "--no-deps", "--no-build-isolation", *alone], check=True)


if __name__ == "__main__":
    sys.exit(main())
