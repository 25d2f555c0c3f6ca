from huggingface_hub import snapshot_download

snapshot_download("example/model", allow_patterns=["*.safetensors", "*.json"])
COMMAND = ["vllm", "serve", "/weights/model", "--load-format", "auto"]
