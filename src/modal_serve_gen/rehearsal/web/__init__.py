"""HTTP services: the ingress for web endpoints, the blob server, and the local Hugging Face Hub."""
