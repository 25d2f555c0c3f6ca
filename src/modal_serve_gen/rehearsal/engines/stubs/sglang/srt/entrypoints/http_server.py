"""The server's application, to which plugins add middleware."""

from starlette.applications import Starlette

app = Starlette()
