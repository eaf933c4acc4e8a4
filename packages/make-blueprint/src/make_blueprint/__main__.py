"""`python -m make_blueprint` is the command `make-blueprint`."""

import sys

from make_blueprint.cli.main import main

sys.exit(main())
