"""The same benchmark through every engine, on a real language model: the scores must be the same."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from r1cli.evaluate import lighteval_adapter
from tests.conftest import REPOSITORY
from tests.e2e.conftest import make_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

# lighteval's own run of a task, with its own model: only its registry is kept to this one task, since it
# fetches a file from the internet for another.
OWN_RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import lighteval_adapter as adapter
sys.path.pop(0)
adapter._fix_xxhash()
from lighteval.logging.evaluation_tracker import EvaluationTracker
from lighteval.models.transformers.transformers_model import TransformersModelConfig
from lighteval.pipeline import ParallelismManager, Pipeline, PipelineParameters
task, model = sys.argv[2:]
adapter._know_only(adapter.find_config(task))
settings = {"dtype": "float32", "batch_size": 1, "generation_parameters": {"temperature": 0.0}}
pipeline = Pipeline(
    tasks="repeat|0",
    pipeline_parameters=PipelineParameters(launcher_type=ParallelismManager.ACCELERATE, bootstrap_iters=0),
    evaluation_tracker=EvaluationTracker(output_dir="out"),
    model_config=TransformersModelConfig(model_name=model, **settings),
)
pipeline.evaluate()
((_, details),) = pipeline.get_details().items()
print(json.dumps({one.doc.query: one.metric["extractive_match"] for one in details}))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with r1 and third-party benchmarks."""
    python = make_environment(tmp_path_factory.mktemp("environment"))
    source = tmp_path_factory.mktemp("source") / "package"
    shutil.copytree(REPOSITORY / "tests" / "fixtures" / "r1_word_sums", source)
    pip = (python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", source)
    subprocess.run(pip, check=True, capture_output=True)
    return python


@pytest.fixture(scope="module")
def scores(python: Path, smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> "Evaluate":
    return Evaluate(python, smollm2, tmp_path_factory.mktemp("runs"))


class Evaluate:
    """Runs `r1 evaluate`, and says what each problem scores, by its prompt."""

    def __init__(self, python: Path, model: Path, folder: Path) -> None:
        self.python, self.model, self.folder = python, model, folder

    def __call__(self, benchmark: str, engine: str, **variables: str) -> dict[str, float]:
        run = self.folder / f"{benchmark}-{engine}"
        words = (benchmark, "--model", self.model, "--dtype", "float32", "--engine", engine)
        done = subprocess.run(
            [self.python, "-m", "r1cli", "evaluate", *words, "--output-dir", run],
            capture_output=True, text=True, check=False, timeout=1800, env={**os.environ, **variables},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (result,) = json.loads((run / "results.json").read_text())
        assert result["settings"]["engine"] == engine
        folder = run / "benchmarks" / benchmark
        lines = [json.loads(line) for line in (folder / "problems.jsonl").read_text().splitlines()]
        prompts = {line["id"]: line["prompt"][-1]["content"] for line in lines}
        lines = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
        return {prompts[line["problem"]]: next(iter(line["scores"].values())) for line in lines}


def test_vllm_and_the_server_of_transformers_agree(scores: Evaluate, vllm_python: Path) -> None:
    from_vllm = scores("repeat", "vllm", R1_VLLM_PYTHON=str(vllm_python))
    from_transformers = scores("repeat", "transformers")
    assert len(from_vllm) == 10
    # The model gets some right and some wrong; in float32 a greedy choice hangs on no rounding here.
    assert set(from_vllm.values()) == {0.0, 1.0}
    assert from_vllm == from_transformers


def test_lighteval_itself_gives_the_same_scores(
    scores: Evaluate,
    smollm2: Path,
    python: Path,
    lighteval_python: str,
    tmp_path: Path,
) -> None:
    own = scores("repeat", "in_process")
    judged = scores("repeat_lighteval", "in_process", R1_LIGHTEVAL_PYTHON=lighteval_python)
    assert own == judged
    where = "import r1_word_sums; print(r1_word_sums.HERE)"
    package = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.strip()
    script = tmp_path / "own_run.py"
    script.write_text(OWN_RUN)
    adapter = Path(lighteval_adapter.__file__).parent
    done = subprocess.run(
        [lighteval_python, script, adapter, f"{package}/lighteval_tasks.py:repeat", smollm2],
        capture_output=True, text=True, check=False, timeout=1800, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == judged
