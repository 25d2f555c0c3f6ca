COMMANDS = [
    ["vllm", "serve", "/m", "--enable-auto-tool-choice"],  # finding: exits with a TypeError without --tool-call-parser
    ["vllm", "serve", "/m", "--enable_log_outputs"],  # finding: exits with a TypeError without --enable-log-requests
    ["vllm", "serve", "/m", "--tool-call-parser", "hermes"],  # finding: ignores --tool-call-parser
]
