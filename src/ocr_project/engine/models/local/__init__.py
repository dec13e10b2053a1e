"""Models in this process, through transformers: the reference to compare a server with.

transport      requests gathered into batches, on a thread of the model's own: `LocalTransport`
checkpoint     model, tokenizer and image processor, loaded; images and prompts as tensors
chat           images and prompts to text
embedding      texts and images to vectors
requirements   what they need, looked at before any is loaded

`checkpoint`, `chat` and `embedding` import torch: they are imported where the model is loaded.
"""
