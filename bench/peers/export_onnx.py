"""Writes the weights of a GGUF file as ONNX models, for transformers.js.

    pip install "optimum-onnx==0.1.0" "transformers==4.57.6" onnx onnxruntime gguf
    python bench/peers/export_onnx.py .cache/models SmolLM2-135M-Instruct.Q4_1.gguf

Makes `smollm2_onnx` in the folder: `model.onnx` in f32 with the dequantised weights,
and `model_q4.onnx`, whose linear layers ONNX Runtime quantised to 4 bits again, in
blocks of 32 with zero points, multiplied by activations in 8 bits (as in llama.cpp).
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, name = Path(sys.argv[1]), sys.argv[2]
target = folder / "smollm2_onnx"
(target / "onnx").mkdir(parents=True, exist_ok=True)
with tempfile.TemporaryDirectory() as scratch:
    plain, made = Path(scratch, "plain"), Path(scratch, "onnx")
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, dtype=torch.float32
    )
    model.save_pretrained(plain)
    AutoTokenizer.from_pretrained(folder, gguf_file=name).save_pretrained(plain)
    subprocess.run(
        ["optimum-cli", "export", "onnx", "--model", plain]
        + ["--task", "text-generation-with-past", made],
        check=True,
    )
    for path in made.glob("*.json"):
        (target / path.name).write_bytes(path.read_bytes())
    whole = onnx.load(made / "model.onnx")
    onnx.save(whole, target / "onnx" / "model.onnx")
    quantizer = MatMulNBitsQuantizer(
        whole, block_size=32, is_symmetric=False, accuracy_level=4
    )
    quantizer.process()
    onnx.save(quantizer.model.model, target / "onnx" / "model_q4.onnx")
