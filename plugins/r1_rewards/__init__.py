"""The rewards that come with r1: one function each, in a module by subject."""

from r1cli import Reward, hookimpl

_OPEN_R1 = "open-r1, src/open_r1/rewards.py"
_DEEPSEEK_R1 = "DeepSeek-R1 (arXiv:2501.12948)"
_LONG_COT = "Demystifying Long CoT (arXiv:2502.03373)"


@hookimpl
def r1_rewards() -> list[Reward]:
    return [*_mathematics(), *_shape(), *_puzzles(), *_programs(), *_answers(), *_judges()]


def _mathematics() -> list[Reward]:
    return [
        Reward(
            "accuracy",
            "r1_rewards.math:accuracy",
            check="r1_rewards.limits:accuracy",
            summary="1.0 when the answer equals the gold, whatever its form, else 0.0",
            columns=("solution",),
            source=f"{_OPEN_R1}: accuracy_reward; {_DEEPSEEK_R1}, section 2.2.2",
        ),
        Reward(
            "cosine",
            "r1_rewards.math:cosine",
            check="r1_rewards.limits:cosine",
            summary="-1.0 to 1.0: shorter right answers score more, longer wrong answers score more",
            columns=("solution",),
            source=f"{_OPEN_R1}: get_cosine_scaled_reward; {_LONG_COT}, section 4",
        ),
        Reward(
            "length",
            "r1_rewards.length:length",
            check="r1_rewards.limits:length",
            summary="0.5 for the shortest completion of a prompt to -0.5 for the longest; at most 0 if wrong",
            columns=("solution",),
            per_group=True,
            source=f"Kimi k1.5 (arXiv:2501.12599), section 2.3.3; {_OPEN_R1}: len_reward",
        ),
    ]


def _shape() -> list[Reward]:
    return [
        Reward(
            "format",
            "r1_rewards.format:format_reward",
            check="r1_rewards.limits:format_reward",
            summary="1.0 when the completion is <think>...</think> and then <answer>...</answer>, else 0.0",
            source=f"{_OPEN_R1}: format_reward; {_DEEPSEEK_R1}, section 2.2.2",
        ),
        Reward(
            "tag_count",
            "r1_rewards.format:tag_count",
            summary="a quarter for each of the four tags that occurs exactly once on its own line",
            source=f"{_OPEN_R1}: tag_count_reward",
        ),
        Reward(
            "reasoning_steps",
            "r1_rewards.format:reasoning_steps",
            check="r1_rewards.limits:reasoning_steps",
            summary="a third for each step marker (Step 1:, 1., bullets, First, Next, ...), up to 1.0",
            source=f"{_OPEN_R1}: reasoning_steps_reward",
        ),
        Reward(
            "repetition_penalty",
            "r1_rewards.text:repetition_penalty",
            check="r1_rewards.limits:repetition_penalty",
            summary="0.0 down to -1.0 by the share of repeated n-grams",
            source=f"{_OPEN_R1}: get_repetition_penalty_reward; {_LONG_COT}, appendix C.2",
        ),
        Reward(
            "soft_overlong_punishment",
            "r1_rewards.length:soft_overlong_punishment",
            check="r1_rewards.limits:soft_overlong_punishment",
            summary="0.0, falling to -1.0 over the last tokens before the length limit",
            source=f"DAPO (arXiv:2503.14476), equation 13; {_OPEN_R1}: get_soft_overlong_punishment",
        ),
        Reward(
            "language_consistency",
            "r1_rewards.language:language_consistency",
            check="r1_rewards.limits:language_consistency",
            summary="the share of the thoughts that is in the prompt's language, 0.0 to 1.0",
            source=f"{_DEEPSEEK_R1}, section 2.3.2",
        ),
    ]


def _puzzles() -> list[Reward]:
    return [
        Reward(
            "equation",
            "r1_rewards.games:equation",
            summary="Countdown: 1.0 if the answer makes the target of the numbers, each used once, else 0.0",
            columns=("target", "nums"),
            source="TinyZero; Mini-R1 (philschmid.de/mini-deepseek-r1): equation_reward_func",
        ),
        Reward(
            "reasoning_gym",
            "r1_rewards.games:reasoning_gym",
            summary="the score by the verifier of the row's reasoning-gym task, 0.0 to 1.0",
            columns=("solution", "task", "metadata"),
            source="reasoning-gym, score_answer of each task",
        ),
    ]


def _programs() -> list[Reward]:
    return [
        Reward(
            "code",
            "r1_rewards.programs.verified:code",
            runs_programs=True,
            check="r1_rewards.limits:code",
            summary="the share of the row's tests that the program passes, 0.0 to 1.0",
            columns=("verification_info",),
            source=f"{_OPEN_R1}: code_reward",
        ),
        Reward(
            "binary_code",
            "r1_rewards.programs.verified:binary_code",
            runs_programs=True,
            check="r1_rewards.limits:code",
            summary="1.0 when the program passes more than 99 % of the row's tests, else 0.0",
            columns=("verification_info",),
            source=f"{_OPEN_R1}: binary_code_reward",
        ),
        Reward(
            "code_format",
            "r1_rewards.programs.verified:code_format",
            check="r1_rewards.limits:code_format",
            summary="1.0 when the completion thinks and answers with a block of code, else 0.0",
            source=f"{_OPEN_R1}: get_code_format_reward",
        ),
        Reward(
            "cf_code",
            "r1_rewards.programs.codeforces:cf_code",
            runs_programs=True,
            check="r1_rewards.limits:cf_code",
            summary="problems of Codeforces, CodeContests+ and USACO: tests, limits and checkers",
            columns=("id",),
            source=f"{_OPEN_R1}: cf_code_reward",
        ),
        Reward(
            "ioi_code",
            "r1_rewards.programs.ioi:ioi_code",
            runs_programs=True,
            check="r1_rewards.limits:ioi_code",
            summary="subtasks of IOI: the least score of the tests, 0.0 to 1.0",
            columns=("id", "test_names", "grader_files", "time_limit", "memory_limit"),
            source=f"{_OPEN_R1}: ioi_code_reward",
        ),
        Reward(
            "lcb_code",
            "r1_rewards.programs.livecodebench:lcb_code",
            runs_programs=True,
            check="r1_rewards.limits:lcb_code",
            summary="1.0 when the program passes all tests of a LiveCodeBench problem, else 0.0",
            columns=("public_test_cases", "private_test_cases"),
            source="LiveCodeBench (arXiv:2403.07974), lcb_runner/evaluation",
        ),
    ]


def _answers() -> list[Reward]:
    return [
        Reward(
            "exact_match",
            "r1_rewards.qa:exact_match",
            summary="1.0 when the answer equals the gold except for case, punctuation and articles, else 0.0",
            columns=("solution",),
            source="SQuAD (arXiv:1606.05250), section 6.1",
        ),
        Reward(
            "rouge_l",
            "r1_rewards.qa:rouge_l",
            check="r1_rewards.limits:rouge_l",
            summary="F-measure by the longest common subsequence of the words of answer and gold, 0.0 to 1.0",
            columns=("solution",),
            source="ROUGE (Lin 2004, aclanthology.org/W04-1013), section 3, equations 2 to 4",
        ),
        Reward(
            "multiple_choice",
            "r1_rewards.qa:multiple_choice",
            summary="1.0 when the chosen letter is the gold's, else 0.0",
            columns=("solution",),
            source="GPQA (arXiv:2311.12022)",
        ),
    ]


def _judges() -> list[Reward]:
    return [
        Reward(
            "reward_model",
            "r1_rewards.model:reward_model",
            check="r1_rewards.limits:reward_model",
            summary="the score of a Hugging Face sequence classifier, for helpfulness or harmlessness",
            in_trainer=True,
            source=f"{_DEEPSEEK_R1}, section 2.3.4",
        ),
        Reward(
            "judge",
            "r1_rewards.judge:judge",
            check="r1_rewards.limits:judge",
            summary="the grade from an OpenAI-compatible endpoint by a rubric, 0.0 to 1.0",
            source=f"{_DEEPSEEK_R1}, section 2.3.4; rubrics and scale are r1's own",
        ),
    ]
