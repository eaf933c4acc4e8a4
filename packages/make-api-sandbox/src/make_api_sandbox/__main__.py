"""`python -m make_api_sandbox`: the command line."""

import sys

from make_api_sandbox.cli import main

sys.exit(main())
