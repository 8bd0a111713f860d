"""Answers a question from a saved index in the shortest program; its whole process is timed."""

import json
import sys
from pathlib import Path

import faiss
from sentence_transformers import SentenceTransformer

model, index, question = sys.argv[1:]
vector = SentenceTransformer(model, device="cpu").encode([question])
_, rows = faiss.read_index(f"{index}/vectors.faiss").search(vector, 10)
ids = json.loads(Path(index, "ids.json").read_text("utf-8"))
print(json.dumps({"found": [[ids[row] for row in rows[0]]]}))
