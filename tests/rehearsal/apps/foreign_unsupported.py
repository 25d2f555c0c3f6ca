"""A part of Modal that a rehearsal does not support: a sandbox."""

import modal

app = modal.App("foreign-unsupported")


@app.local_entrypoint()
def sandbox():
    box = modal.Sandbox.create("echo", "one", app=app)
    box.wait()
    print("got", box.stdout.read())
