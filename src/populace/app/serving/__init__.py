"""populace serve: a respondent model on the routes of decision and chat services."""
