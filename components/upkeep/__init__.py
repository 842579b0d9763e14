"""Why a step runs, what a checkout holds, and what may be removed."""
