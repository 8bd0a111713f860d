"""How well passages are found and answers refused: evaluation sets in, figures out."""
