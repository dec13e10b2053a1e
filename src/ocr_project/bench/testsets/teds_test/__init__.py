"""TEDS_TEST: the second half of PubTabNet's validation split."""
