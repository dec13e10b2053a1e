"""From samples to a tuned model that proves to be the one that was trained.

families      the models that can be trained: a table of what differs between them
encoding      samples to numbers: the prompt, the pixels and the answer as they are asked and served later
augmentation  what is done to images, drawn from (seed, epoch, sample)
plan          packs for all epochs, before the first image is decoded
packing       encoded samples side by side in one row; `attention` keeps them apart
losses        answers only, divided by the answer tokens of the whole update
adapters      which weights are trained; `optimizers` AdamW by how much it remembers
loop          transformers' Trainer over packs: checkpoints, resuming, ends

torch is imported by encoding, attention, packing, losses, adapters, optimizers and loop, and by nothing that imports
`plan` or `families` alone.
"""
