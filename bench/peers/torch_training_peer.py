"""Steps of QLoRA in PyTorch and PEFT on the CPU.

Called by torch_training.ts: python3 torch_training_peer.py MODEL.gguf f32|nf4 TOKENS ROUNDS
"""

import json
import os
import sys
import time

import peft
import torch
import transformers

path, base, tokens, rounds = sys.argv[1:]
tokens, rounds = int(tokens), int(rounds)
torch.set_num_threads(os.cpu_count())
model = transformers.AutoModelForCausalLM.from_pretrained(
    os.path.dirname(path), gguf_file=os.path.basename(path), dtype=torch.float32
)
name = f"torch {torch.__version__} + peft {peft.__version__}, f32 base"
if base == "nf4":
    import bitsandbytes as bnb

    for module in list(model.modules()):
        for key, child in list(module.named_children()):
            if isinstance(child, torch.nn.Linear) and key != "lm_head":
                packed = bnb.nn.Linear4bit(
                    child.in_features,
                    child.out_features,
                    bias=False,
                    compute_dtype=torch.float32,
                    quant_type="nf4",
                    compress_statistics=True,
                )
                packed.weight = bnb.nn.Params4bit(
                    child.weight.data,
                    requires_grad=False,
                    quant_type="nf4",
                    compress_statistics=True,
                )
                setattr(module, key, packed.to("cpu"))
    name = f"torch {torch.__version__} + peft {peft.__version__} + bitsandbytes {bnb.__version__}, NF4 base"
config = peft.LoraConfig(r=16, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
model = peft.get_peft_model(model, config).train()
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.0)
given = torch.tensor([[500 + 7 * k for k in range(tokens)]])
times = []
for _ in range(rounds + 1):
    begun = time.perf_counter()
    loss = model(given, labels=given).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 0.3)
    optimizer.step()
    optimizer.zero_grad()
    loss.item()
    times.append((time.perf_counter() - begun) * 1000)
print(json.dumps({"name": name, "stepMs": times[1:]}))
