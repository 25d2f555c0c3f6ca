"""Stand-in for a package of SGLang."""
