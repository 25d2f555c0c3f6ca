"""The user's options and the workflows they apply to."""
