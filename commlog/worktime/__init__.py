"""Working time, pure: instants, date phrases, periods, limits, working calendars, lunar dates."""
