import modal

app = modal.App("example")


@app.function(
    retries=3,  # finding: retries on the web function serve
)
@modal.web_server(8000)
def serve():
    pass
