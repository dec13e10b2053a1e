"""Models, prompts, frameworks and resolutions side by side."""
