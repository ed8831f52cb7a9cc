"""The rival that `tallrec bench --compare pytorch` runs: transformers and peft on the same rows.

A fair one: rows sorted by length, the head only at labelled positions, no generation loop, no gradient that LoRA does not need.
Reads one JSON request a line: {"work": "train" | "score", "precision": "f32" | "bf16", "batches": [[{"tokens", "labels"}]]}; `labels`
hold -100 where nothing is predicted. Answers {"ms", "loss", "peakBytes"} or, for scores, {"ms", "logits", "peakBytes"}.
"""

import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

IGNORED = -100


def load(directory, threads):
    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    lora = LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    return get_peft_model(model, lora)


def padded(rows):
    """tokens [B, T], mask [B, T], then row, position and label [N] of each token to be predicted.

    The last token is only ever predicted, so it is not computed.
    """
    length = max(len(row["tokens"]) for row in rows) - 1
    tokens = torch.zeros(len(rows), length, dtype=torch.long)
    mask = torch.zeros(len(rows), length, dtype=torch.long)
    wanted = []
    for r, row in enumerate(rows):
        seen = row["tokens"][:-1]
        tokens[r, : len(seen)] = torch.tensor(seen)
        mask[r, : len(seen)] = 1
        wanted += [(r, t - 1, label) for t, label in enumerate(row["labels"]) if t > 0 and label != IGNORED]
    return tokens, mask, *(torch.tensor(column) for column in zip(*wanted))


def hidden_states(model, tokens, mask):
    return model.base_model.model.model(input_ids=tokens, attention_mask=mask).last_hidden_state


def train(model, batches):
    loss_sum = 0.0
    for rows in batches:
        tokens, mask, row, position, label = padded(rows)
        hidden = hidden_states(model, tokens, mask)[row, position]
        logits = model.base_model.model.lm_head(hidden).float()
        loss = torch.nn.functional.cross_entropy(logits, label, reduction="sum")
        loss.backward()
        loss_sum += loss.item()
    for parameter in model.parameters():
        parameter.grad = None
    return {"loss": loss_sum}


@torch.no_grad()
def score(model, batches):
    logits = []
    for rows in batches:
        tokens, mask, row, position, _ = padded(rows)
        logits += model.base_model.model.lm_head(hidden_states(model, tokens, mask)[row, position]).float().max(-1).values.tolist()
    return {"logits": logits}


def peak_bytes():
    """Of this process alone: ru_maxrss also counts the process that started it."""
    try:
        with open("/proc/self/status") as status:
            return 1024 * int(next(line for line in status if line.startswith("VmHWM")).split()[1])
    except OSError:
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    model = load(sys.argv[1], int(sys.argv[2]))
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=request["precision"] == "bf16"):
            result = (train if request["work"] == "train" else score)(model, request["batches"])
        milliseconds = 1000 * (time.perf_counter() - start)
        print(json.dumps({"ms": milliseconds, "peakBytes": peak_bytes(), **result}), flush=True)


main()
