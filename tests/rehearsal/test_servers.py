"""Servers in the rehearsal: real `modal run` of small apps whose server is a few lines of Python."""
