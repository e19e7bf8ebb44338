"""One file per chat-model provider."""
