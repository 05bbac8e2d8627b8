"""The one place that runs git, safely in a stranger's repository."""
