import modal

app = modal.App("example")


@modal.concurrent(max_inputs=8)  # finding: is above @app.function
@app.function()
def above():
    pass


@app.function()
@modal.concurrent(target_inputs=8)  # finding: no max_inputs
def without():
    pass


@app.cls()
class Model:
    @modal.concurrent(max_inputs=8)  # finding: on the method ask
    @modal.method()
    def ask(self):
        pass


@app.server(port=8000)
@modal.concurrent(max_inputs=8)  # finding: a server does not accept @modal.concurrent
class Server:
    @modal.enter()
    def start(self):
        pass
