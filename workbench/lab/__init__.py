"""See what breaks: exact laws on a tiny vocabulary, and the classic mistakes that bend them."""
