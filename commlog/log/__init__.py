"""A log on disk: settings, members, names, atomic files, the lock, links that lead outside."""
