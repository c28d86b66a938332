"""Worked examples with long reasoning, which ``--recipe few-shot`` shows."""

from pathlib import Path

from r1cli.errors import R1Error
from r1cli.files import read_json_lines
from r1cli.generate.cold_start.layout import joined, split
from r1cli.generate.schema import THINK

#: A prompt, and a completion of it in r1's tags.
Example = dict[str, str]


def read_examples(path: Path) -> list[Example]:
    """The examples in a file of JSON lines, each with ``prompt`` and ``completion``.

    Raises:
        R1Error: it cannot be read, or a line is not an example.
    """
    found: list[Example] = []
    fix = 'write {"prompt": "...", "completion": "<think>\\n...\\n</think>\\n<answer>\\n...\\n</answer>"}'
    if not path.is_file():
        raise R1Error(f"there is no file of examples '{path}'", where="generate.examples", fix=fix)
    for number, line in enumerate(read_json_lines(path), start=1):
        texts = [line.get(name) for name in ("prompt", "completion")] if isinstance(line, dict) else [None]
        parts = split(str(texts[1])) if all(isinstance(text, str) and text for text in texts) else None
        if parts is None:
            raise R1Error(
                "an example needs a prompt, and a completion with thoughts and an answer",
                where=f"{path}:{number}",
                fix=fix,
            )
        found.append({"prompt": str(texts[0]), "completion": joined(*parts, THINK)})
    if not found:
        raise R1Error("there are no examples in the file", where=str(path), fix=fix)
    return found


EXAMPLES: tuple[Example, ...] = (
    {
        "prompt": "A shop sells pens at 3 for 2 euros and notebooks at 1.50 euros each. Mia buys 12 pens and "
        "some notebooks, and pays 17 euros. How many notebooks does she buy?",
        "completion": joined(
            "I need the number of notebooks, so first the price of the pens.\n\n"
            "12 pens are 12 / 3 = 4 packs of three, and each pack costs 2 euros: 4 * 2 = 8 euros. Wait, is "
            "it 3 euros for 2 pens or 2 euros for 3 pens? 'At 3 for 2 euros' is 3 pens for 2 euros, so 8 "
            "euros is right.\n\n"
            "That leaves 17 - 8 = 9 euros for notebooks. At 1.50 euros each that is 9 / 1.5 = 6.\n\n"
            "Let me verify it: 6 * 1.50 = 9, and 9 + 8 = 17. That is what she pays, and 6 is a whole number, "
            "as it must be.",
            "The pens cost 4 * 2 = 8 euros, which leaves 9 euros: 9 / 1.50 = \\boxed{6} notebooks.",
            THINK,
        ),
    },
    {
        "prompt": "For which integers n is n^2 + n + 7 divisible by 5, with 0 <= n <= 9? Give their sum.",
        "completion": joined(
            "Divisibility by 5 depends only on n modulo 5, so I can try the five remainders.\n\n"
            "n = 0: 0 + 0 + 7 = 7, remainder 2. No.\n"
            "n = 1: 1 + 1 + 7 = 9, remainder 4. No.\n"
            "n = 2: 4 + 2 + 7 = 13, remainder 3. No.\n"
            "n = 3: 9 + 3 + 7 = 19, remainder 4. No.\n"
            "n = 4: 16 + 4 + 7 = 27, remainder 2. No.\n\n"
            "None of them works. That is surprising, so let me check it in another way. n^2 + n + 7 = 0 "
            "modulo 5 is a quadratic with discriminant 1 - 28 = -27, which is 3 modulo 5. The squares "
            "modulo 5 are 0, 1 and 4, so 3 is not a square and there is no solution. Both ways agree.\n\n"
            "So no n is left, and the sum over no numbers is 0.",
            "Modulo 5 the discriminant is 3, which is not a square, so no n works and the sum is \\boxed{0}.",
            THINK,
        ),
    },
)
