MORE = input().split()
COMMANDS = [
    ["vllm", "serve", "/m", "--enable-auto-tool-choice", "--tool-call-parser=hermes"],
    ["vllm", "serve", "/m", "--enable-log-outputs", "--enable-log-requests"],
    ["vllm", "serve", "/m", "--enable-auto-tool-choice", "--port", "8000", *MORE],
    ["sglang", "serve", "--model-path", "/m", "--tool-call-parser", "qwen"],
]
