import modal

COMMAND = ["vllm", "serve", "example/model", "--trust-remote-code", "--code-revision", "c202236235762e1c871ad0ccb60c8ee5ba337b9a"]
LOCAL = ["vllm", "serve", "/weights/model", "--trust-remote-code"]
