"""`python -m core.cli`, for a checkout whose `readygate` script is not installed."""

from core.cli import main

raise SystemExit(main())
