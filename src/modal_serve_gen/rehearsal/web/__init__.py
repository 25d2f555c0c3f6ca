"""What is reached over HTTP: the front that users meet, the depot of large things, and the local hub."""
