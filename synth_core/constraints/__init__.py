"""Rules that every row must keep: vocabulary, discovery, enforcement."""
