"""The control plane: what a rehearsal knows (`state`), and the RPC handlers that change it, by kind."""
