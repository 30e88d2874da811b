"""whisper_live_server.py PORT MODEL_FOLDER single|batched: whisper-live on one shared faster-whisper model, as its run_server.py
would start it; `batched` decodes the clients' windows together, greedily, as its --batch_enabled does."""

import sys

from whisper_live.server import TranscriptionServer

port, model, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3]
TranscriptionServer().run(
    "127.0.0.1",
    port=port,
    backend="faster_whisper",
    faster_whisper_custom_model_path=model,
    single_model=True,
    max_clients=256,
    max_connection_time=3600,
    batch_enabled=mode == "batched",
    batch_max_size=8,
    batch_max_queue_wait_s=60,
    batch_max_admissions_per_s=1000,
)
