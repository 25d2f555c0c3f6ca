"""What each command does, without a terminal: a request in, a record out."""
