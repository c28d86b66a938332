"""What `r1 doctor` prints: problems first, a row for each subject, and a screen holds it."""

from r1cli.cli.doctor_overview import overview
from r1cli.doctor.finding import MISSING, OK, WARNING, Finding
from r1cli.doctor.software import install_extra

FOUND = [
    Finding("python", "python", OK, "3.11.2, /opt/python"),
    Finding("packages", "torch", MISSING, "not installed", install_extra("train"), needed=True),
    Finding("packages", "trl", OK, "1.16.0", needed=True),
    Finding("extras", "deepspeed", MISSING, "not installed: ZeRO", install_extra("deepspeed")),
    Finding("extras", "code", MISSING, "not installed: E2B", install_extra("code")),
    Finding("engines", "vllm", MISSING, "no interpreter has it", "run `r1 engine install vllm`"),
    Finding("services", "E2B", MISSING, "E2B_API_KEY is not set", "export E2B_API_KEY=..."),
    Finding("services", "judge", MISSING, "OPENAI_API_KEY is not set", "export OPENAI_API_KEY=..."),
    Finding("hub", "access", WARNING, "the Hub does not answer", "set HF_ENDPOINT to a mirror"),
]


def test_problems_come_first_and_what_is_optional_last() -> None:
    lines = [line.text for line in overview(FOUND, 80)]
    assert lines[0] == "problems"
    assert lines.index("problems") < lines.index("here") < lines.index("optional")
    problems, optional = lines[: lines.index("here")], lines[lines.index("optional") :]
    assert any("torch" in line and "not installed" in line for line in problems)
    assert f"    {install_extra('train')}" in problems
    assert any("does not answer" in line for line in problems)
    assert f"    {install_extra('deepspeed,code')}" in optional
    assert any("E2B_API_KEY, OPENAI_API_KEY are not set" in line for line in optional)


def test_lines_fit_but_for_commands_to_copy() -> None:
    for width in (60, 80):
        wide = [line.text for line in overview(FOUND, width) if len(line.text) > width]
        assert all("-m pip install" in line for line in wide)
