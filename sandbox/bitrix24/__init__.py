"""A small Bitrix24 portal with its OAuth server, where nobody works in earnest."""
