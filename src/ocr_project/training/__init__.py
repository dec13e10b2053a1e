"""Making models better: what they learn from, and how they learn it. It knows documents, and nothing of the bench.

samples/      from folders, databases and files of others to rows of one form
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
