"""Parts of Modal that a rehearsal does not support: a queue, a dictionary, a sandbox; one entrypoint for each."""

import modal

app = modal.App("foreign-unsupported")
jobs = modal.Queue.from_name("foreign-jobs", create_if_missing=True)
seen = modal.Dict.from_name("foreign-seen", create_if_missing=True)


@app.function()
def work() -> str:
    return jobs.get()


@app.local_entrypoint()
def queue():
    jobs.put("one")
    print("got", work.remote())


@app.local_entrypoint()
def dictionary():
    seen["one"] = 1
    print("got", seen["one"])


@app.local_entrypoint()
def sandbox():
    box = modal.Sandbox.create("echo", "one", app=app)
    box.wait()
    print("got", box.stdout.read())
