"""What the stubs of all engines share: command line, HTTP server, answers, benchmark, handover to a CPU engine.

Installed next to an engine's package in a rehearsed container. `engine_stub.flags` is a copy of modal_serve_gen.flags.
"""
