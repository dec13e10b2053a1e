"""Tables: TEDS by its public definitions, and the form in which tables written differently are alike."""
