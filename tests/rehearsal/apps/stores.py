"""Dicts, Queues, buckets and tunnels: what a function and the program that called it share."""

import http.server
import queue
import threading
import urllib.request

import modal

app = modal.App("stores")
urls = modal.Dict.from_name("urls", create_if_missing=True)
elsewhere = modal.Dict.from_name("of-another-app")
volume = modal.Volume.from_name("of-another-app")
bucket = modal.CloudBucketMount("data", read_only=True)


def show(*values):
    """Print in one piece, since the function's output is shown among the entrypoint's."""
    print(" ".join(map(str, values)) + "\n", end="", flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"through a tunnel")


@app.function(volumes={"/bucket": bucket, "/data": volume}, proxy=modal.Proxy.from_name("static"))
def hold(talk):
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with modal.forward(8000) as tunnel, modal.forward(8001, unencrypted=True) as other:
        with urllib.request.urlopen(tunnel.url) as response:
            show("inside:", response.read().decode())
        urls.update({"encrypted": tunnel.url, "plain": other.tcp_socket})
        try:
            modal.forward(8000).__enter__()
        except modal.exception.InvalidError as error:
            show("again:", error)
        server.server_close()
        plain = http.server.ThreadingHTTPServer(("127.0.0.1", 8001), Handler)
        threading.Thread(target=plain.serve_forever, daemon=True).start()
        talk.put_many([1, 2, 3], partition="numbers")
        talk.put("ready")
        assert talk.get(timeout=60, partition="back") == "seen"
    return elsewhere.len()


@app.local_entrypoint()
def main():
    with modal.Queue.ephemeral() as talk:
        call = hold.spawn(talk)
        show("first:", talk.get(timeout=60))
        host, port = urls["plain"]
        with urllib.request.urlopen(f"http://{host}:{port}") as response:
            show("outside:", response.read().decode())
        show("numbers:", talk.len(partition="numbers"), list(talk.iterate(partition="numbers")), talk.len())
        show("taken:", talk.get_many(2, partition="numbers"), talk.get(block=False))
        try:
            talk.get(timeout=0.1)
        except queue.Empty:
            show("empty in time")
        talk.put("seen", partition="back")
        show("other Dict:", call.get())
    show("kept:", urls.put("plain", "new", skip_if_exists=True), urls.pop("plain") != "new", "plain" in urls)
    show("keys:", list(urls.keys()), urls.get("none", "default"))
