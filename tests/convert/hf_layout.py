"""From a GGUF model to the Hugging Face checkpoint that it could have come from: names, shapes and order of rows as
the transformers library defines them for each class. Written from that side, sharing nothing with inference/convert."""
from hf_decoders import Checkpoint, granite, llama, llama_like, minicpm, mistral3, olmo2, phi3, qwen, smollm3
from hf_hybrid import granitehybrid, lfm2, qwen35
from hf_others import bert, gemma, gemma2, gemma3, gemma4, gemma_embedding, gpt2, gptneox, nomic_bert, phi2, stablelm, starcoder2

WRITERS = {
    "bert": bert, "gemma": gemma, "gemma-embedding": gemma_embedding, "gemma2": gemma2, "gemma3": gemma3, "gemma4": gemma4,
    "gpt2": gpt2, "gptneox": gptneox, "granite": granite, "granitehybrid": granitehybrid, "lfm2": lfm2, "llama": llama, "minicpm": minicpm,
    "mistral3": mistral3, "nomic-bert": nomic_bert, "olmo2": olmo2, "olmoe": qwen("OlmoeForCausalLM"), "phi2": phi2, "phi3": phi3,
    "qwen2": qwen("Qwen2ForCausalLM"), "qwen3": qwen("Qwen3ForCausalLM"), "qwen35": qwen35, "qwen3moe": qwen("Qwen3MoeForCausalLM"),
    "smollm3": smollm3, "stablelm": stablelm, "starcoder2": starcoder2,
}


def checkpoint_of(source):
    c = Checkpoint(source)
    c.modules = {}
    c.pooling = c.get("pooling_type")
    if c.architecture == "gemma4":
        c.rotated = 2 * sum(1 for x in c.tensor("rope_freqs.weight").values if x == 1)
    WRITERS[c.architecture](c)
    return c
