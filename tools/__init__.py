"""Programs for people who develop and run the hub; the hub itself never imports them."""
