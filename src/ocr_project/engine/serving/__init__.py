"""Vision-language models behind HTTP, and the crops that go to them. Neutral: backends of any stage may use it.

server.py      starts, watches and stops vLLM servers
launcher.py    the small process around each of them, so that nothing outlives us
server_log.py  what the log of a server that failed means, and what to do
endpoints.py   which server the next request goes to
messages.py    questions and answers
client.py      requests: bounded, retried, timed
crop_pool.py   crops cut and encoded in worker processes
crop_worker.py one of these processes
loop.py        the one asyncio loop, on a thread of its own
vision_*.py                         GLM-OCR and Qwen3-VL inside of vLLM, another way through their vision towers
models.py      where a model is, and which revision
"""
