"""`python -m api.describe` prints the API's description; tools/openapi.py keeps docs/openapi.json by it."""

import json
import sys

from api.app import create_app


def main() -> None:
    """Print the document."""
    document = create_app().openapi()
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
