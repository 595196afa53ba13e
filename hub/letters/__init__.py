"""Letters: plain words become a text and an HTML that say the same."""
