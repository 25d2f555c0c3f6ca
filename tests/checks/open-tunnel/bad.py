import subprocess

import modal

app = modal.App("example")


@app.function(gpu="L4")
def hold():
    process = subprocess.Popen(["vllm", "serve", "/m", "--port", "8000"])
    with modal.forward(8000) as tunnel:  # finding: anyone with the tunnel's address reaches vllm
        print(tunnel.url)
        process.wait()


@app.cls(gpu="L4")
class Server:
    @modal.enter()
    def start(self):
        self.process = subprocess.Popen(["llama-server", "-m", "/m.gguf", "--port", "8080"])

    @modal.method()
    def hold(self):
        from modal import forward

        with forward(8080, unencrypted=True) as tunnel:  # finding: anyone with the tunnel's address reaches llama-cpp
            print(tunnel.tcp_socket)
