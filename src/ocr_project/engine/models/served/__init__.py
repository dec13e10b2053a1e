"""Models behind HTTP: servers of our own, and any server that speaks OpenAI's protocol.

transport      what both transports have in common: servers, connections, the image between pieces of JSON
chat           images and prompts: `ServedChat`
embedding      texts and images to vectors: `ServedEmbedding`
client         requests: balanced, timed, asked again where the server or the line is at fault
endpoints      which server the next request goes to
requirements   what servers need, looked at before any is started
server         vLLM servers of our own: started, watched, started again, gone when we are
launcher       the small process around each
server_log     what the log of one that failed means
mps            several servers on one GPU at once
vision_*       a vLLM plugin: vision towers that run compiled
"""
