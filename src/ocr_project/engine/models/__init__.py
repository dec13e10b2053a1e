"""One way to a model: requests, servers, crops, dialects. Neutral: recognition, embedding, bench and training use it.

messages     questions and answers, whatever carries them
dialects/    how each model is asked, and what its answers look like
crops/       crops of regions, cut and encoded in worker processes
served/      servers of our own, and requests to any server that speaks OpenAI's protocol
event_loop   the one asyncio loop, on a thread of its own
locate       where a model is, and which revision
"""
