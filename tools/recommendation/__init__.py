"""What to offer whom: neighbours, item models, content, blends, evaluation."""
