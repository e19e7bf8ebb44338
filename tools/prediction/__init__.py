"""What customers will do: targets and horizons, features in time, models, back-test, intervals."""
