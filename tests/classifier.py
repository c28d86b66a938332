"""A tiny sequence classifier with random weights, and what it says of one chat."""

from pathlib import Path


def save_classifier(path: Path, *, with_template: bool = True) -> None:
    """Saves the model with a character-level tokenizer, whose chat template can be left out."""
    from transformers import Qwen3Config, Qwen3ForSequenceClassification, set_seed

    from r1cli.quickstart.base_model import character_tokenizer

    tokenizer = character_tokenizer()
    if not with_template:
        tokenizer.chat_template = None
    set_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, num_labels=1, pad_token_id=None,
    )  # fmt: skip
    Qwen3ForSequenceClassification(config).save_pretrained(path)
    tokenizer.save_pretrained(path)


def logit_by_hand(path: Path, prompt: str, reply: str) -> float:
    """The logit of one chat alone, without padding."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(path)
    if tokenizer.chat_template:
        text = f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n{reply}<|im_end|>\n"
    else:
        text = prompt + reply
    ids = torch.tensor([tokenizer(text).input_ids])
    logits = AutoModelForSequenceClassification.from_pretrained(path).eval()(ids).logits
    return float(logits.detach()[0, 0])
