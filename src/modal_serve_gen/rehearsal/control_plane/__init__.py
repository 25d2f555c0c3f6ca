"""The control plane: the state of a rehearsal (`state`), and the RPC handlers that change it, by topic."""
