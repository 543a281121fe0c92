"""The region's dated rows, cut at a day before any fact is made of them: what scorers learn from."""
