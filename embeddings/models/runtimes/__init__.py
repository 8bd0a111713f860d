"""Runs models by ONNX Runtime and by torch."""
