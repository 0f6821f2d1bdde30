"""`python -m core.cli`, for a checkout whose `readygate` script is not installed."""

from core.cli.command import main

raise SystemExit(main())
