"""The quickstart's first step, problems and model: ``python -m r1cli.quickstart.base_model RUN_DIR``."""

from pathlib import Path
from typing import Any

from r1cli.config.record import RecordedConfig
from r1cli.launch.worker import run_worker
from r1cli.quickstart.base_plan import Base
from r1cli.quickstart.recipe import write_problems

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def work(run_dir: Path, run: dict[str, Any]) -> None:
    base = RecordedConfig(run["config"]).section(Base)
    path = Path(base.path or run_dir / "model")
    write_problems(base.model, base.seed, Path(base.data or run_dir / "data"))
    if base.model != "smollm2":
        make_tiny(path, base.seed)
    else:
        from r1cli.quickstart.smollm2 import fetch_smollm2

        fetch_smollm2(path)


def make_tiny(path: Path, seed: int) -> None:
    """Saves an untrained Qwen3 of about 600,000 parameters, with a character-level tokenizer.

    Args:
        path: the model directory to write.
        seed: of the weights.
    """
    from transformers import Qwen3Config, Qwen3ForCausalLM, set_seed

    tokenizer = character_tokenizer()
    set_seed(seed)
    # Not Qwen2: transformers 5 loads a byte-level tokenizer for that type, whatever is saved with the model.
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    Qwen3ForCausalLM(config).save_pretrained(path)
    tokenizer.save_pretrained(path)


def character_tokenizer() -> Any:
    """A token for each printable ASCII character and newline, for each tag, and for ChatML's markers."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tags = ["<think>", "</think>", "<answer>", "</answer>"]
    characters = ["\n", *map(chr, range(32, 127))]
    vocabulary = {token: number for number, token in enumerate([*marks, *tags, *characters])}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token=" "))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    backend.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
    )
    tokenizer.add_tokens(tags)
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


if __name__ == "__main__":
    run_worker("base", work)
