"""Serves a GGUF model by llama.cpp (cyllama) as OpenAI's chat completions: streamed, by JSON schema where one is asked for, and
stopped when the client leaves. For tests; arguments: the model's file, the port."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cyllama.llama.llama_cpp import (
    LlamaContext,
    LlamaContextParams,
    LlamaModel,
    LlamaSampler,
    LlamaSamplerChainParams,
    json_schema_to_grammar,
    llama_batch_get_one,
)

CONTEXT = 4096
BATCH = 512
# Of the model that is served: https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct
TURN = "<|im_start|>{role}\n{content}<|im_end|>\n"
ANSWER = "<|im_start|>assistant\n"

model = LlamaModel(path_model=sys.argv[1])
vocab = model.get_vocab()
params = LlamaContextParams()
params.n_ctx = CONTEXT
params.n_batch = BATCH
context = LlamaContext(model, params, verbose=False)
one_at_a_time = threading.Lock()
# What a test asks for at /stats.
stats = {"tokens": 0, "finished": 0, "cancelled": 0, "schemas": 0}


def sampler_for(request):
    sampler = LlamaSampler(LlamaSamplerChainParams())
    form = request.get("response_format") or {}
    if form.get("type") == "json_schema":
        stats["schemas"] += 1
        sampler.add_grammar(vocab, json_schema_to_grammar(json.dumps(form["json_schema"]["schema"])), "root")
    # So small a model says the same again without end.
    sampler.add_penalties(64, 1.3, 0.0, 0.0)
    if request.get("temperature", 0) > 0:
        sampler.add_temp(request["temperature"])
        sampler.add_dist(1)
    else:
        sampler.add_greedy()
    return sampler


def generate(request):
    """Yields the answer's pieces of text, as they are decoded."""
    prompt = "".join(TURN.format(**message) for message in request["messages"]) + ANSWER
    tokens = vocab.tokenize(prompt, True, True)[: CONTEXT // 2]
    sampler = sampler_for(request)
    context.kv_cache_clear()
    for at in range(0, len(tokens), BATCH):
        context.decode(llama_batch_get_one(tokens[at : at + BATCH], at))
    past = len(tokens)
    for _ in range(min(request.get("max_tokens") or 256, CONTEXT - past - 1)):
        token = sampler.sample(context, -1)
        if vocab.is_eog(token):
            break
        stats["tokens"] += 1
        yield vocab.token_to_piece(token, 0, True)
        context.decode(llama_batch_get_one([token], past))
        past += 1


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(stats if self.path == "/stats" else {"data": [{"id": "smollm2", "object": "model"}]})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with one_at_a_time:
            try:
                self.stream(request)
                stats["finished"] += 1
            except (BrokenPipeError, ConnectionResetError):
                stats["cancelled"] += 1

    def stream(self, request):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        count = 0
        for text in generate(request):
            count += 1
            self.event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})
        usage = {"prompt_tokens": 0, "completion_tokens": count, "total_tokens": count}
        self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def event(self, chunk):
        body = {"id": "chatcmpl-local", "object": "chat.completion.chunk", "model": "smollm2", **chunk}
        self.wfile.write(f"data: {json.dumps(body)}\n\n".encode())
        self.wfile.flush()

    def answer(self, body):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
