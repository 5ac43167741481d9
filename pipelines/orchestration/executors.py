"""Where steps run. One process today: a step costs seconds to start elsewhere and the model stays loaded."""

import dagster as dg

executor = dg.in_process_executor
