"""Questions answered by a vision-language model, behind a server or in this process.

answerer.py     the answerer: a page and its questions in, rows out, many pages at once
vllm.py         the backend `vllm`, which is any server that speaks OpenAI's protocol too
contained.py    the same, behind a container that is started for it
in_process.py   the backend `transformers`

How a model is spoken to, what is wrong with an answer, servers and checkpoints: `engine/models`.
"""
