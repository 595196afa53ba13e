"""Letters by SMTP: composing, a few kept-open connections, and what a server's answers mean."""
