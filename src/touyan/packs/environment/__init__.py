"""Air and water of a city: what is known of them, and only here."""
