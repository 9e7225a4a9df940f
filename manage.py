#!/usr/bin/env python
"""Django's commands; without DATABASE_URL on the private server, started here if need be."""

import os
import sys

# They work where no server can run: in an image being built, in an editor.
WITHOUT_DATABASE = frozenset(
    {"collectstatic", "compilemessages", "help", "makemessages", "version"}
)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if not os.environ.get("DATABASE_URL") and command not in WITHOUT_DATABASE:
        from villaops import embedded

        var_dir = embedded.default_var_dir()
        try:
            if not embedded.is_running(var_dir):
                print("Starting the private PostgreSQL; `make stop` ends it.", file=sys.stderr)
            embedded.ensure_running(var_dir)
        except embedded.EmbeddedError as error:
            print(error, file=sys.stderr)
            return 1

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
