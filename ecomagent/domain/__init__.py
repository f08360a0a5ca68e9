"""The nouns: plain types that every other part may import and that import none of ours."""
