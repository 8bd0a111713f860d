"""The libraries that a question must not load."""

FORBIDDEN = ("torch", "transformers", "sentence_transformers", "telegram", "onnx", "scipy")
